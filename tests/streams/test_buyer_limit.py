"""What buyers hold counts from the stream's first order, and no longer once it is cancelled."""

from datetime import UTC, datetime

from penstock import lending
from penstock.streams.brake import BrakeAsk, apply_brakes, brakes_in_force
from penstock.streams.buyer_limit import BuyerLimit, holdings_of
from penstock.streams.count_brakes import count_brakes

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def limit(tx, friday, units, sku=0):
    await lending.LIMIT_BUYERS(
        tx, friday.merchant, friday.stream_id, [BuyerLimit(sku, units)], "mia", NOW
    )


async def held(tx, friday, *buyers):
    pairs = [(friday.stream_id, buyer) for buyer in buyers]
    found = await holdings_of(tx, friday.merchant, pairs)
    return {(sku, buyer): units for (_, sku, buyer), units in found.items()}


async def batch(tx, friday, *asks):
    on = await brakes_in_force(
        tx, merchant_id=friday.merchant, stream_ids=[friday.stream_id], now=NOW
    )
    wishes = [BrakeAsk(friday.stream_id, ((friday.lamp, n),), buyer) for buyer, n in asks]
    found = await holdings_of(tx, friday.merchant, [(friday.stream_id, buyer) for buyer, _ in asks])
    told = apply_brakes(wishes, on, found)
    ids = [
        await friday.order(units=n, buyer=buyer) if v.outcome == "" else 0
        for v, (buyer, n) in zip(told, asks, strict=True)
    ]
    await count_brakes(tx, friday.merchant, on, wishes, told, ids, NOW)
    return [v.outcome for v in told]


async def test_the_limit_holds_across_batches(tx, friday):
    await limit(tx, friday, 3, friday.lamp)
    assert await batch(tx, friday, ("ada", 2), ("bob", 3), ("", 9)) == ["", "", ""]
    assert await batch(tx, friday, ("ada", 2), ("ada", 1), ("bob", 1)) == [
        "buyer_limit_reached", "", "buyer_limit_reached",
    ]  # fmt: skip
    assert await held(tx, friday, "ada", "bob") == {
        (friday.lamp, "ada"): 3, (0, "ada"): 3, (friday.lamp, "bob"): 3, (0, "bob"): 3,
    }  # fmt: skip


async def test_what_was_bought_before_the_limit_counts(tx, friday):
    await friday.order(units=2, buyer="ada")
    await friday.order(units=1, buyer="ada", outcome="insufficient_stock")
    await limit(tx, friday, 3)
    assert await batch(tx, friday, ("ada", 2)) == ["buyer_limit_reached"]
    assert await batch(tx, friday, ("ada", 1)) == [""]
    await limit(tx, friday, 3)
    assert (await held(tx, friday, "ada"))[0, "ada"] == 3, "setting it again counts nothing twice"


async def test_a_cancelled_order_gives_its_units_back(tx, friday):
    order_id = await friday.order(units=3, buyer="ada")
    await limit(tx, friday, 3)
    assert await batch(tx, friday, ("ada", 1)) == ["buyer_limit_reached"]
    await tx.fetch("UPDATE lifecycle.subject SET status = 'cancelled' WHERE subject_id = $1",
                   order_id)  # fmt: skip
    assert await batch(tx, friday, ("ada", 1)) == [""]


async def test_a_limit_is_taken_away(tx, friday):
    await limit(tx, friday, 1)
    await limit(tx, friday, 0)
    assert await batch(tx, friday, ("ada", 9)) == [""]
