"""Each word of the vocabulary on journeys made for it, and the verbs that stand on it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from penstock.db.transaction import OPERATOR, Database, Transaction, merchant
from penstock.experience.journeys.import_history import import_past_orders, past_order_id
from penstock.experience.journeys.past_order import PastOrder
from penstock.experience.measure.evaluate import evaluate
from penstock.experience.measure.measure import count
from penstock.experience.profiles.load import load, parse
from penstock.experience.profiles.profile import ORDERS, Profile
from penstock.experience.scores.points import Count
from penstock.experience.words.vocabulary import EXCLUSIONS, POPULATIONS, PREDICATES, QUANTITIES

T0 = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
MERCHANT = 7


def h(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


async def journey(tx: Transaction, number: int, who: int = MERCHANT, **clocks: Any) -> None:
    """Write one journey; `ordered_at` is T0 unless given."""
    row = {"ordered_at": T0, **clocks}
    columns = ["merchant_id", "fulfilment_order_id", "order_ref", *row]
    marks = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    await tx.fetch(
        f"INSERT INTO experience.journey ({', '.join(columns)}) VALUES ({marks})",
        who,
        number,
        f"order-{number}",
        *row.values(),
    )


def asking(
    population: str,
    word: str,
    *,
    zone: str = "UTC",
    window_days: int = 0,
    exclusions: Sequence[str] = (),
) -> Profile:
    """A profile of one metric; `word` is a predicate or a quantity."""
    mapping = '{ kind = "linear", points = [[0, 0], [1, 100]] }'
    key = "numerator"
    if word in QUANTITIES:
        key = "quantity"
        steps = "{ at = 10, points = 100 }, { at = 20, points = 60 }"
        mapping = f'{{ kind = "per_order", steps = [{steps}], otherwise = 5 }}'
    return parse(
        f"""
code = "one"
title = "one metric"
version = "1"
effective_from = 2026-01-01
window_days = {window_days}
lag_days = 0
time_zone = "{zone}"
exclusions = {[*exclusions]}
scale = {{ low = 0, high = 100, decimals = 0 }}
gate = {{ population = "ordered", orders_min = 1, below = "no_score" }}
[[dimension]]
code = "all"
title = "all"
weight = 100
[[dimension.metric]]
code = "it"
title = "it"
sub_process = "outside"
weight = 100
better = "higher"
population = "{population}"
{key} = "{word}"
mapping = {mapping}
""",
        "one.toml",
    )


async def counted(tx: Transaction, profile: Profile, as_of: datetime) -> tuple[int, int, int]:
    found = (await count(tx, profile, as_of=as_of, merchant=MERCHANT)).get(MERCHANT)
    if found is None:
        return 0, 0, 0
    it = found["it"].count
    return it.numerator, it.denominator, it.excluded


SOUND = {
    "paid_at": h(1),
    "accepted_at": h(2),
    "dispatch_by_at": h(48),
    "dispatched_at": h(30),
    "deliver_by_at": h(120),
    "delivered_at": h(80),
}
LATE = {**SOUND, "dispatched_at": h(50), "delivered_at": h(130)}
NEVER = {**SOUND, "dispatched_at": None, "delivered_at": None}


@pytest.mark.parametrize(
    ("population", "enters_at"),
    [
        ("ordered", 0), ("paid", 1), ("accepted", 2), ("dispatched", 30), ("dispatch_due", 48),
        ("pickup_due", 38), ("transit_due", 102), ("delivery_due", 120), ("delivered", 80),
        ("transport_ended", 80),
    ],
)  # fmt: skip
async def test_an_order_enters_a_population_at_its_moment(
    tx: Transaction, population: str, enters_at: float
) -> None:
    await journey(tx, 1, **SOUND)
    profile = asking(population, "cancelled")
    just_before = h(enters_at) - timedelta(microseconds=1)
    assert await counted(tx, profile, just_before) == (0, 0, 0)
    assert await counted(tx, profile, h(enters_at)) == (0, 1, 0)
    assert await counted(tx, profile, h(100_000)) == (0, 1, 0)


def test_every_population_has_its_case() -> None:
    mark = test_an_order_enters_a_population_at_its_moment.pytestmark[0]  # type: ignore[attr-defined]
    assert {case[0] for case in mark.args[1]} == POPULATIONS.keys() - {"clock_due"}


async def test_an_order_leaves_the_window(tx: Transaction) -> None:
    await journey(tx, 1, **SOUND)
    profile = asking("paid", "cancelled", window_days=30)
    assert await counted(tx, profile, h(1) + timedelta(days=30, microseconds=-1)) == (0, 1, 0)
    assert await counted(tx, profile, h(1) + timedelta(days=30)) == (0, 0, 0)


CANCELLED = {**NEVER, "cancelled_at": h(20), "cancel_fault": "seller"}
RETURNED = {**SOUND, "returned_at": h(200), "return_fault": "carrier"}
LOST = {**NEVER, "dispatched_at": h(30), "lost_at": h(300)}


@pytest.mark.parametrize(
    ("population", "word", "clocks", "true_at"),
    [
        ("dispatch_due", "dispatched_late", SOUND, None),
        ("dispatch_due", "dispatched_late", LATE, 48),
        ("dispatch_due", "dispatched_late", NEVER, 48),
        ("dispatch_due", "dispatched_late", {**SOUND, "dispatched_at": h(48)}, None),
        ("ordered", "dispatched_in_time", SOUND, 30),
        ("ordered", "dispatched_in_time", LATE, None),
        ("ordered", "picked_up_next_day", SOUND, 30),
        ("ordered", "picked_up_next_day", {**SOUND, "dispatched_at": h(38)}, None),
        ("ordered", "transit_in_time", SOUND, 80),
        ("ordered", "transit_in_time", {**SOUND, "delivered_at": h(103)}, None),
        ("ordered", "transit_in_time", {**LATE, "delivered_at": h(122)}, 122),
        ("ordered", "transit_in_time", {**SOUND, "transit_by_at": h(79)}, None),
        ("ordered", "delivered_in_time", SOUND, 80),
        ("ordered", "delivered_in_time", {**SOUND, "delivered_at": h(120)}, 120),
        ("ordered", "delivered_in_time", LATE, None),
        ("ordered", "cancelled", CANCELLED, 20),
        ("ordered", "cancelled", {**CANCELLED, "cancel_fault": None}, 20),
        ("ordered", "cancelled_by_seller", CANCELLED, 20),
        ("ordered", "cancelled_by_seller", {**CANCELLED, "cancel_fault": "unknown"}, None),
        ("ordered", "cancelled_by_seller", {**CANCELLED, "cancel_fault": None}, None),
        ("ordered", "returned_not_buyer", RETURNED, 200),
        ("ordered", "returned_not_buyer", {**RETURNED, "return_fault": "seller"}, 200),
        ("ordered", "returned_not_buyer", {**RETURNED, "return_fault": "buyer"}, None),
        ("ordered", "returned_logistics", RETURNED, 200),
        ("ordered", "returned_logistics", {**RETURNED, "return_fault": "seller"}, None),
        ("ordered", "lost_or_returned_logistics", RETURNED, 200),
        ("ordered", "lost_or_returned_logistics", LOST, 300),
        ("ordered", "lost_or_returned_logistics", SOUND, None),
        ("ordered", "scanned", {**SOUND, "scanned_at": h(33)}, 33),
        ("ordered", "scanned", SOUND, None),
    ],
)
async def test_a_predicate_comes_true_at_its_moment(
    tx: Transaction,
    population: str,
    word: str,
    clocks: dict[str, Any],
    true_at: float | None,
) -> None:
    await journey(tx, 1, **clocks)
    profile = asking(population, word)
    assert await counted(tx, profile, h(100_000)) == (int(true_at is not None), 1, 0)
    if true_at is not None:
        assert (await counted(tx, profile, h(true_at)))[0] == 1
        assert (await counted(tx, profile, h(true_at) - timedelta(microseconds=1)))[0] == 0


def test_every_predicate_has_its_case() -> None:
    mark = test_a_predicate_comes_true_at_its_moment.pytestmark[0]  # type: ignore[attr-defined]
    elsewhere = {word for word in PREDICATES if word.startswith("clock_") or "_by_fault" in word}
    assert {case[1] for case in mark.args[1]} == PREDICATES.keys() - elsewhere  # test_clocks.py


@pytest.mark.parametrize(
    ("population", "clocks", "due"),
    [
        ("dispatch_due", {**NEVER, "cancelled_at": h(47)}, 0),
        ("dispatch_due", {**NEVER, "cancelled_at": h(49)}, 1),
        ("dispatch_due", {**SOUND, "cancelled_at": h(31)}, 1),
        ("dispatch_due", {**SOUND, "dispatch_by_at": None}, 0),
        ("pickup_due", {**NEVER, "cancelled_at": h(37)}, 0),
        ("pickup_due", {**NEVER, "cancelled_at": h(39)}, 1),
        ("transit_due", NEVER, 0),
        ("transit_due", {**SOUND, "delivered_at": None, "cancelled_at": h(101)}, 0),
        ("transit_due", {**SOUND, "delivered_at": None, "cancelled_at": h(103)}, 1),
        ("delivery_due", {**SOUND, "delivered_at": None, "cancelled_at": h(119)}, 0),
        ("delivery_due", {**SOUND, "delivered_at": None, "cancelled_at": h(121)}, 1),
        ("delivery_due", {**SOUND, "cancelled_at": h(90)}, 1),
        ("delivery_due", {**LOST, "lost_at": h(60), "cancelled_at": h(61)}, 1),
    ],
)
async def test_what_is_cancelled_first_never_falls_due(
    tx: Transaction, population: str, clocks: dict[str, Any], due: int
) -> None:
    await journey(tx, 1, **clocks)
    assert (await counted(tx, asking(population, "cancelled"), h(100_000)))[1] == due


@pytest.mark.parametrize(
    ("word", "population", "clocks", "points"),
    [
        ("receipt_s", "accepted", {"accepted_at": T0 + timedelta(seconds=10)}, 100),
        ("receipt_s", "accepted", {"accepted_at": T0 + timedelta(seconds=10.001)}, 60),
        ("receipt_s", "accepted", {"accepted_at": T0 + timedelta(seconds=21)}, 5),
        # Shanghai is UTC+8: 10:00 UTC is 18:00 there, and the clock starts at 06:00, 22:00 UTC
        ("pickup_h", "dispatched", {"paid_at": T0, "dispatched_at": h(22)}, 100),
        ("pickup_h", "dispatched", {"paid_at": T0, "dispatched_at": h(22.1)}, 60),
        ("pickup_h", "dispatched", {"paid_at": h(-0.1), "dispatched_at": h(9.8)}, 100),
        ("pickup_h", "dispatched", {"paid_at": h(-0.1), "dispatched_at": h(10)}, 60),
        ("pickup_h", "dispatched", {"paid_at": h(8), "dispatched_at": h(22)}, 100),
        ("pickup_h", "dispatched", {"paid_at": h(12.1), "dispatched_at": h(22)}, 100),
        ("pickup_h", "dispatched", {"paid_at": h(12.1), "dispatched_at": h(22.2)}, 60),
        ("pickup_h", "dispatched", {"paid_at": T0, "dispatched_at": h(2)}, 100),
    ],
)
async def test_an_orders_quantity_earns_its_points(
    tx: Transaction, word: str, population: str, clocks: dict[str, Any], points: int
) -> None:
    await journey(tx, 1, **clocks)
    profile = asking(population, word, zone="Asia/Shanghai")
    assert await counted(tx, profile, h(100_000)) == (points, 1, 0)


async def test_an_order_whose_quantity_is_not_known_is_set_aside(tx: Transaction) -> None:
    await journey(tx, 1, dispatched_at=h(5))
    assert await counted(tx, asking("dispatched", "pickup_h"), h(9)) == (0, 0, 1)


async def test_a_local_day_ends_by_its_zone(tx: Transaction) -> None:
    await journey(tx, 1, paid_at=h(0), dispatched_at=h(36))
    shanghai = asking("pickup_due", "picked_up_next_day", zone="Asia/Shanghai")
    assert await counted(tx, shanghai, h(100)) == (0, 1, 0)  # midnight there is 16:00 UTC
    assert await counted(tx, asking("pickup_due", "picked_up_next_day"), h(100)) == (1, 1, 0)


@pytest.mark.parametrize("word", EXCLUSIONS)
async def test_an_excluded_order_is_counted_as_such(tx: Transaction, word: str) -> None:
    marked: dict[str, Any] = {"exception_fault": word.removesuffix("_fault")}
    if word.startswith("flagged"):
        marked = {"excluded": word.removeprefix("flagged_")}
    if word == "clocks":
        marked = {"delivered_at": h(49), "dispatched_at": h(49.1)}
    await journey(tx, 1, **{**LATE, **marked})
    await journey(tx, 2, **LATE)
    profile = asking("dispatch_due", "dispatched_late", exclusions=[word])
    assert await counted(tx, profile, h(500)) == (1, 1, 1)
    any_mark = "flagged" if word.startswith("flagged") else ""
    others = [other for other in EXCLUSIONS if other not in {word, any_mark}]
    profile = asking("dispatch_due", "dispatched_late", exclusions=others)
    assert await counted(tx, profile, h(500)) == (2, 2, 0)


@pytest.mark.parametrize(
    ("clocks", "backwards"),
    [
        ({"accepted_at": T0 - timedelta(minutes=5)}, False),
        ({"accepted_at": T0 - timedelta(minutes=5, microseconds=1)}, True),
        ({"returned_at": h(-1), "return_fault": "buyer"}, True),
        ({"dispatched_at": h(1) - timedelta(minutes=5)}, False),
        ({"dispatched_at": h(0.9)}, True),
        ({"delivered_at": h(30) - timedelta(minutes=5)}, False),
        ({"delivered_at": h(29.9)}, True),
        ({"dispatched_at": None}, False),
        ({"paid_at": None}, False),
    ],
)
async def test_clocks_that_run_backwards_set_an_order_aside(
    tx: Transaction, clocks: dict[str, Any], backwards: bool
) -> None:
    await journey(tx, 1, **{**SOUND, **clocks})
    profile = asking("ordered", "cancelled", exclusions=["flagged", "clocks"])
    assert await counted(tx, profile, h(500)) == (0, not backwards, backwards)
    explained = (await count(tx, profile, as_of=h(500), explain=True))[MERCHANT]["it"]
    assert (explained.aside, explained.reasons) == (([1], ["clocks"]) if backwards else ([], []))


async def test_merchants_are_counted_apart(tx: Transaction) -> None:
    await journey(tx, 1, **SOUND)
    await journey(tx, 1, who=8, **LATE)
    profile = asking("dispatch_due", "dispatched_late")
    found = await count(tx, profile, as_of=h(500))
    told = {who: metrics["it"].count for who, metrics in found.items()}
    assert told == {
        7: Count(numerator=0, denominator=1),
        8: Count(numerator=1, denominator=1),
    }
    assert found[8][ORDERS].denominator == 1
    assert not await count(tx, profile, as_of=T0 - timedelta(seconds=1))


async def test_a_score_is_not_final_before_its_lag(tx: Transaction) -> None:
    for number in range(1, 41):
        await journey(tx, number, **SOUND)
    profile, as_of = load("penstock_les"), h(24 * 20)
    early = await evaluate(tx, profile, as_of=as_of, known_to=as_of + timedelta(days=6))
    assert early[7].status == "provisional"


async def test_supplied_counts_complete_a_score(tx: Transaction) -> None:
    for number in range(1, 41):
        await journey(tx, number, **SOUND)
    profile, as_of = load("douyin_2026_05"), h(24 * 20)
    kwargs: dict[str, Any] = {"as_of": as_of, "known_to": as_of}
    assert (await evaluate(tx, profile, **kwargs))[7].status == "provisional"
    supplied = {
        metric.code: Count(numerator=(metric.better == "higher") * 50, denominator=10)
        for metric in profile.metrics
        if metric.supplied
    }
    scored = (await evaluate(tx, profile, **kwargs, supplied={7: supplied}))[7]
    assert (scored.status, scored.missing) == ("final", ())


def past(number: int, **changes: Any) -> PastOrder:
    told: dict[str, Any] = {
        "merchant": "m",
        "order_ref": f"past-{number}",
        "market": "BR",
        "status": "delivered",
        "ordered_at": T0,
        "paid_at": None,
        "dispatch_by_at": h(9),
        "deliver_by_at": h(99),
        "dispatched_at": h(8),
        "delivered_at": h(50),
        "cancelled_at": None,
        "cancel_fault": None,
        "review_score": 5,
        "reviewed_at": h(60),
        "consignee_region": "SP",
        "freight_minor": 100,
        "currency": "BRL",
    }
    return PastOrder(**{**told, **changes})


async def test_importing_again_changes_only_what_changed(tx: Transaction) -> None:
    batch = [(7, past(1)), (7, past(2)), (8, past(1))]
    first = await import_past_orders(tx, "olist", batch)
    assert (first.added, first.changed, first.unchanged) == (3, 0, 0)
    batch = [(7, past(1)), (7, past(2, delivered_at=h(120))), (8, past(1)), (8, past(3))]
    second = await import_past_orders(tx, "olist", batch)
    assert (second.added, second.changed, second.unchanged) == (1, 1, 2)
    rates = await count(tx, load("marketplace"), as_of=h(1000))
    assert rates[7]["on_time_delivery"].count == Count(numerator=1, denominator=2)
    nothing = await import_past_orders(tx, "olist", [])
    assert (nothing.added, nothing.changed, nothing.unchanged) == (0, 0, 0)


async def test_the_last_row_of_an_order_wins_within_a_batch(tx: Transaction) -> None:
    batch = [(7, past(1)), (7, past(1, delivered_at=h(120)))]
    imported = await import_past_orders(tx, "olist", batch)
    assert (imported.added, imported.changed, imported.unchanged) == (1, 0, 1)
    rates = await count(tx, load("marketplace"), as_of=h(1000))
    assert rates[7]["on_time_delivery"].count == Count(numerator=0, denominator=1)


def test_past_orders_have_identities_of_their_own() -> None:
    ids = [past_order_id(s, f"o{n}") for s in ("olist", "other") for n in range(500)]
    assert len(set(ids)) == 1000
    assert all(-(2**63) <= identity < 0 for identity in ids)


async def test_a_merchant_sees_only_its_own_score(database: Database) -> None:
    async def write(tx: Transaction) -> None:
        await import_past_orders(tx, "olist", [(8, past(1))])
        await import_past_orders(tx, "olist", [(7, past(1))])

    await database.run(OPERATOR, write)

    async def read(tx: Transaction) -> set[int]:
        return {*await evaluate(tx, load("marketplace"), as_of=h(1000), known_to=h(1000))}

    assert await database.run(OPERATOR, read) == {7, 8}
    assert await database.run(merchant(7), read) == {7}
