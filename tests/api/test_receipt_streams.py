"""Receipt lets through what a stream's brakes, limits and tickets let through, and counts it."""

import re
from datetime import timedelta
from pathlib import Path

from penstock.api.problems import STATUS
from penstock.api.receipt import REFUSALS
from penstock.kernel.errors import Invalid
from penstock.orders.receive import HELD_BACK


def test_every_reason_of_a_stream_has_its_status():
    assert {code: STATUS[REFUSALS[code]] for code in HELD_BACK} == {
        "paused": 409, "throttled": 429, "stream_cap_reached": 409, "buyer_limit_reached": 409,
        "ticket_required": 409,
    }  # fmt: skip
    assert REFUSALS.get("not_paid", Invalid) is Invalid


async def test_a_pause_refuses_its_sku_at_its_line_and_nothing_is_stored(shop):
    await shop.brake(kind="pause", sku="LAMP")
    order = shop.order(1, ("VASE", 1), ("LAMP", 1))
    status, code, said = await shop.send(order)
    assert (status, code, said["detail"]) == (409, "paused", HELD_BACK["paused"])
    assert [e["pointer"] for e in said["errors"]] == ["/lines/1/sku"]
    assert await shop.outcomes(order, shop.order(2, ("VASE", 1)), shop.order(3, stream="")) == [
        "paused", "accepted", "accepted",
    ]  # fmt: skip
    assert await shop.stored() == ["N-2", "N-3"]
    assert await shop.log() == [("pause", 0, 2)]
    await shop.release()
    assert (await shop.send(order))[:2] == (201, "accepted")
    assert await shop.log() == [("pause", 0, 2)], "it is over and counts no more"


async def test_a_throttle_lets_in_again_with_the_next_minute(shop):
    await shop.brake(kind="throttle", value=2)
    orders = [shop.order(n) for n in range(5)]
    assert await shop.outcomes(*orders[:3]) == ["accepted", "accepted", "throttled"]
    assert (await shop.send(orders[3]))[:2] == (429, "throttled")
    assert await shop.stored() == ["N-0", "N-1"]
    shop.api.clock.at += timedelta(seconds=59)
    assert (await shop.send(orders[3]))[1] == "throttled"
    shop.api.clock.at += timedelta(seconds=1)
    assert await shop.outcomes(*orders) == [
        "accepted", "accepted", "accepted", "accepted", "throttled",
    ], "what was accepted before costs nothing"  # fmt: skip
    assert await shop.log() == [("throttle", 4, 4)]


async def test_a_cap_counts_units_and_is_never_passed(shop):
    await shop.outcomes(shop.order(0, ("LAMP", 2)))
    await shop.brake(kind="cap", sku="LAMP", value=5)
    assert await shop.outcomes(
        shop.order(1, ("LAMP", 4)), shop.order(2, ("LAMP", 2)), shop.order(3, ("LAMP", 2)),
        shop.order(4, ("VASE", 9)),
    ) == ["stream_cap_reached", "accepted", "stream_cap_reached", "accepted"]  # fmt: skip
    status, code, said = await shop.send(shop.order(3, ("LAMP", 2)))
    assert (status, code) == (409, "stream_cap_reached")
    assert [e["pointer"] for e in said["errors"]] == ["/lines/0/sku"]
    assert (await shop.send(shop.order(5, ("LAMP", 1))))[1] == "accepted"
    assert await shop.log() == [("cap", 5, 3)]
    await shop.release()
    assert (await shop.send(shop.order(3, ("LAMP", 2))))[:2] == (201, "accepted")


async def test_a_buyer_has_no_more_than_the_limit_in_a_batch_and_across(shop):
    limits = {"limits": [{"units": 3}]}
    await shop.ask("PUT", "streams/friday/buyer-limits", limits)
    ann, bob = {"buyer_id": "ann"}, {"buyer_id": "bob"}
    orders = [
        shop.order(1, ("LAMP", 2), **ann), shop.order(2, ("VASE", 2), **ann),
        shop.order(3, ("VASE", 1), **ann), shop.order(4, ("LAMP", 3), **bob), shop.order(5),
    ]  # fmt: skip
    told = ["accepted", "buyer_limit_reached", "accepted", "accepted", "accepted"]
    assert await shop.outcomes(*orders) == told
    assert await shop.outcomes(*orders) == told, "a repetition is not counted again"
    status, code, said = await shop.send(shop.order(6, **ann))
    assert (status, code) == (409, "buyer_limit_reached")
    assert [e["pointer"] for e in said["errors"]] == [""]
    assert (await shop.send(shop.order(7, stream="", **ann)))[1] == "accepted"
    (first, *_) = await shop.rows("SELECT order_id FROM orders.key WHERE channel_order_id = 'N-1'")
    await shop.ask("POST", "orders:cancel", {"orders": [*first], "reason": "remorse"})
    assert await shop.outcomes(orders[1]) == ["accepted"], "what is cancelled is given back"


async def test_what_was_not_there_does_not_count_for_a_buyer(shop):
    await shop.ask("PUT", "streams/friday/buyer-limits", {"limits": [{"units": 20}]})
    some = {"buyer_id": "ann", "policy": "available"}
    assert await shop.outcomes(
        shop.order(1, ("LAMP", 12), buyer_id="bob"), shop.order(2, ("LAMP", 9), ("VASE", 4), **some)
    ) == ["accepted", "accepted"]
    assert await shop.rows(
        "SELECT buyer_id, sum(units) FROM streams.bought GROUP BY 1 ORDER BY 1"
    ) == [("ann", 4), ("bob", 12)]
    assert await shop.outcomes(
        shop.order(3, ("VASE", 17), **some), shop.order(4, ("VASE", 8), **some)
    ) == ["buyer_limit_reached", "accepted"]


async def drawn(shop, *keys, **more):
    wishes = [{"sku": "LAMP", "client_key": key, **more} for key in keys]
    told = await shop.ask("POST", "streams/friday/tickets", {"tickets": wishes})
    return [ticket["ticket_id"] for ticket in told], [ticket["status"] for ticket in told]


async def test_an_admitted_ticket_lets_one_order_in(shop):
    await shop.ask("PUT", "streams/friday/admission", {"sku": "LAMP", "per_minute": 6})
    (first, second), statuses = await drawn(shop, "a", "b")
    assert statuses == ["admitted", "waiting"]
    status, code, said = await shop.send(shop.order(1))
    assert (status, code) == (409, "ticket_required")
    assert [e["pointer"] for e in said["errors"]] == ["/lines/0/sku"]
    assert await shop.outcomes(
        shop.order(1, tickets=[second]), shop.order(2, ("LAMP", 2), tickets=[first]),
        shop.order(3, ("VASE", 1)),
    ) == ["ticket_required", "ticket_required", "accepted"]  # fmt: skip
    taken = shop.order(1, tickets=[first])
    assert await shop.outcomes(taken, shop.order(4, tickets=[first])) == [
        "accepted", "ticket_required",
    ]  # fmt: skip
    assert (await shop.send(taken))[1] == "accepted", "its repetition needs no other ticket"
    assert (await shop.send(shop.order(4, tickets=[first])))[1] == "ticket_required"
    assert await shop.stored() == ["N-3", "N-1"]
    assert (await shop.ask("GET", f"tickets/{first}"))["status"] == "used"


async def test_a_ticket_that_lets_nobody_in_is_not_used_up(shop):
    await shop.ask("PUT", "streams/friday/admission", {"sku": "LAMP", "per_minute": 600})
    (hers,), _ = await drawn(shop, "ann", buyer_id="ann")
    shop.api.clock.at += timedelta(seconds=1)
    (his,), statuses = await drawn(shop, "bob", buyer_id="bob")
    assert statuses == ["admitted"]
    await shop.brake(kind="pause")
    bob = {"buyer_id": "bob", "tickets": [his, hers]}
    assert await shop.outcomes(shop.order(1, **bob)) == ["paused"]
    await shop.release()
    assert await shop.outcomes(shop.order(1, **bob)) == ["accepted"]
    told = [(await shop.ask("GET", f"tickets/{ticket}"))["status"] for ticket in (his, hers)]
    assert told == ["used", "admitted"], "another buyer's ticket stays good"
    assert await shop.outcomes(shop.order(2, buyer_id="ann", tickets=[hers])) == ["accepted"]


async def test_who_has_a_ticket_is_not_throttled(shop):
    await shop.ask("PUT", "streams/friday/admission", {"sku": "LAMP", "per_minute": 600})
    (ticket,), _ = await drawn(shop, "a")
    await shop.brake(kind="throttle", value=1)
    assert await shop.outcomes(
        shop.order(1, ("VASE", 1)), shop.order(2, ("VASE", 1)), shop.order(3, tickets=[ticket])
    ) == ["accepted", "throttled", "accepted"]


async def test_a_ticket_that_no_number_can_be_spoils_only_its_own_order(shop):
    await shop.brake(kind="throttle", value=9)
    odd = shop.order(1, tickets=[1, 2**63])
    assert await shop.outcomes(odd, shop.order(2)) == ["invalid", "accepted"]
    status, code, said = await shop.send(odd)
    assert (status, code) == (422, "invalid")
    assert [e["pointer"] for e in said["errors"]] == ["/tickets/1"]


def test_the_table_of_answers_is_true():
    page = (Path(__file__).parents[2] / "docs/how-to/run-a-stream.md").read_text("utf-8")
    told = re.findall(r"^\| `[^|]+` \| `(\w+)`[^|]* \| (\d+) \|$", page, re.MULTILINE)
    assert told == [(code, str(STATUS[REFUSALS[code]])) for code in HELD_BACK]
