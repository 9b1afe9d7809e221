"""The words that take parameters, against a plain reading of them, order by order."""

import random
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import pytest

from penstock.db.transaction import Transaction
from penstock.experience.measure.measure import count
from penstock.experience.profiles.load import load, parse
from penstock.experience.profiles.metric_clock import Clock
from penstock.experience.profiles.profile import Metric, Profile
from penstock.experience.profiles.working_days import ends, is_calendar
from penstock.experience.words.vocabulary import POPULATIONS, PREDICATES
from penstock.kernel.errors import Invalid

WHO = 7
BEGIN = datetime(2026, 4, 20, tzinfo=UTC)  # Easter Monday is past, May's holidays are to come
FAULTS = (None, "seller", "buyer", "carrier", "platform", "unknown")
MILESTONES = (
    "ordered_at", "paid_at", "accepted_at", "packed_at", "labelled_at", "dispatched_at",
    "scanned_at", "delivered_at",
)  # fmt: skip

HEAD = """
code = "clocked"
title = "clocks"
version = "1"
effective_from = 2026-01-01
window_days = 12
lag_days = 0
time_zone = "Asia/Bangkok"
markets = ["GB", "VN", "US"]
channel = "tiktok_shop"
scale = { low = 0, high = 100, decimals = 0 }
gate = { population = "ordered", orders_min = 1, below = "no_score" }
[[dimension]]
code = "all"
title = "all"
weight = 100
"""
EVERYWHERE = """
[[dimension.metric.clock]]
markets = ["GB"]
start = "paid"
stop = "labelled"
days = 2
calendar = "GB-ENG"
time_zone = "Europe/London"
[[dimension.metric.clock]]
markets = ["VN"]
start = "ordered"
stop = "scanned"
days = 1
calendar = "weekdays"
[[dimension.metric.clock]]
start = "accepted"
stop = "dispatched"
hours = 30
"""
PROMISED = """
[[dimension.metric.clock]]
start = "promise"
stop = "scanned"
"""
TO_THE_DOOR = """
[[dimension.metric.clock]]
markets = ["GB", "US"]
start = "dispatched"
stop = "delivered"
days = 1
calendar = "US"
time_zone = "America/Los_Angeles"
"""
DELIVERED = """
[[dimension.metric.clock]]
start = "promise"
stop = "delivered"
"""


def rate(code: str, population: str, numerator: str, more: str = "", better: str = "lower") -> str:
    points = "[[0, 100], [1, 0]]" if better == "lower" else "[[0, 0], [1, 100]]"
    return f"""
[[dimension.metric]]
code = "{code}"
title = "{code}"
sub_process = "outside"
weight = {100 if code == "missed" else 0}
better = "{better}"
population = "{population}"
numerator = "{numerator}"
mapping = {{ kind = "linear", points = {points} }}
{more}"""


MEAN = """
[[dimension.metric]]
code = "{0}"
title = "{0}"
sub_process = "outside"
weight = 0
better = "lower"
population = "dispatched"
quantity = "{0}"
per = 3600
mapping = {{ kind = "linear", points = [[20, 100], [90, 0]] }}
"""
PROFILE = parse(
    HEAD
    + rate("missed", "clock_due", "clock_missed", EVERYWHERE)
    + rate(
        "met", "clock_due", "clock_met", "delay_days = 3\nwindow_days = 5" + EVERYWHERE, "higher"
    )
    + rate("promised", "clock_due", "clock_missed", PROMISED)
    + rate("door", "clock_due", "clock_met", TO_THE_DOOR, "higher")
    + rate("delivered", "clock_due", "clock_met", DELIVERED, "higher")
    + rate("of_delivered", "delivered", "clock_met", TO_THE_DOOR, "higher")
    + rate("cancelled", "ordered", "cancelled_by_fault", 'faults = ["seller", "unknown"]')
    + rate("returned", "ordered", "returned_by_fault", 'faults = ["carrier"]')
    + rate("failed", "ordered", "failed_by_fault", 'faults = ["seller", "carrier"]')
    + MEAN.format("prepare_s")
    + MEAN.format("pickup_s"),
    "clocked.toml",
)


def drawn(rng: random.Random, number: int) -> dict[str, Any]:
    """A journey whose milestones follow one another, some of them not reached."""
    at = BEGIN + timedelta(minutes=rng.randrange(40 * 24 * 60))
    row: dict[str, Any] = {
        "merchant_id": WHO,
        "fulfilment_order_id": number,
        "order_ref": f"order-{number}",
        "channel": rng.choice(["", "tiktok_shop", "tiktok_shop", "shopify"]),
        "market": rng.choice(["GB", "VN", "US", "", "FR"]),
        **dict.fromkeys(MILESTONES),
    }
    for name in MILESTONES[: rng.choice([1, 2, 4, 5, 6, 7, 8, 8, 8])]:
        row[name] = at
        at += timedelta(minutes=rng.choice([1, 300, 900, 2000, 4000]))
    if rng.random() < 0.3:
        row["cancelled_at"] = row["ordered_at"] + timedelta(hours=rng.randrange(200))
    row["cancel_fault"] = rng.choice(FAULTS) if row.get("cancelled_at") else None
    if rng.random() < 0.3:
        row["returned_at"] = row["ordered_at"] + timedelta(hours=rng.randrange(400))
        row["return_fault"] = rng.choice(FAULTS)
    row["dispatch_by_at"] = rng.choice(
        [None, row["ordered_at"] + timedelta(hours=rng.choice([48, 200]))]
    )
    row["deliver_by_at"] = rng.choice([None, row["ordered_at"] + timedelta(hours=120)])
    return {name: value for name, value in row.items() if value is not None}


@cache
def off(name: str, day: date) -> bool:
    if name == "every_day":
        return False
    if name == "weekdays":
        return day.isoweekday() > 5
    country, _, part = name.partition("-")
    return not holidays.country_holidays(country, subdiv=part or None).is_working_day(day)


def due(clock: Clock, order: dict[str, Any], zone: str) -> datetime | None:
    if clock.start == "promise":
        return order.get("deliver_by_at" if clock.stop == "delivered" else "dispatch_by_at")
    start = order.get(f"{clock.start}_at")
    if start is None:
        return None
    if clock.hours is not None:
        return start + timedelta(hours=clock.hours)  # type: ignore[no-any-return]  # of a row
    where = ZoneInfo(clock.time_zone or zone)
    day, left = start.astimezone(where).date(), clock.days or 0
    while left or off(clock.calendar, day):
        day += timedelta(days=1)
        left -= not off(clock.calendar, day) and left > 0
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), where)
    return midnight.astimezone(UTC) - timedelta(microseconds=1)


def clock_for(metric: Metric, market: str) -> Clock | None:
    named = next((clock for clock in metric.clocks if market in clock.markets), None)
    return named or next((clock for clock in metric.clocks if not clock.markets), None)


def night_start(paid: datetime, zone: str) -> datetime:
    local = paid.astimezone(ZoneInfo(zone))
    six = local.replace(hour=6, minute=0, second=0, microsecond=0)
    return six + timedelta(days=local.hour >= 18) if local.hour >= 18 or local < six else local


def moments(
    metric: Metric, order: dict[str, Any], zone: str
) -> tuple[datetime | None, datetime | None, float | None]:
    """When the order enters, when it comes true, and its amount."""
    clock = clock_for(metric, order.get("market", ""))
    if metric.clocks and clock is None:
        return None, None, None
    amount = None
    if metric.quantity and {"paid_at", "dispatched_at"} <= order.keys():
        start = order["paid_at"]
        start = night_start(start, zone) if metric.quantity == "pickup_s" else start
        amount = max((order["dispatched_at"] - start).total_seconds() // 1, 0)
    till = due(clock, order, zone) if clock else None
    stop = order.get(f"{clock.stop}_at") if clock else None
    entered = till if metric.population == "clock_due" else order.get(f"{metric.population}_at")
    if metric.population == "clock_due" and till and clock:
        given_up, done = order.get("cancelled_at"), ["dispatched_at", "delivered_at"]
        done_at = order.get(done[clock.stop == "delivered"])
        if given_up and given_up < till and (done_at is None or given_up < done_at):
            entered = None
    faulty = [
        order[f"{what}_at"]
        for what, word in (("cancelled", "cancel_fault"), ("returned", "return_fault"))
        if order.get(word) in metric.faults
        and metric.numerator in {f"{what}_by_fault", "failed_by_fault"}
    ]
    in_time = till is not None and stop is not None and stop <= till
    true = {
        "clock_met": stop if in_time else None,
        "clock_missed": None if in_time else till,
    }.get(metric.numerator, min(faulty, default=None))
    return entered, true, amount


def expected(
    profile: Profile, metric: Metric, orders: list[dict[str, Any]], as_of: datetime
) -> tuple[int, int, int]:
    """Numerator, denominator and what is set aside, order by order."""
    to_at = as_of - timedelta(days=metric.delay_days)
    from_at = to_at - timedelta(days=metric.window_days or profile.window_days)
    numerator = denominator = aside = 0
    for order in orders:
        if order["channel"] == "shopify" or order["market"] == "FR":
            continue
        entered, true, amount = moments(metric, order, profile.time_zone)
        if order["ordered_at"] > as_of or not entered or not from_at < entered <= to_at:
            continue
        if metric.quantity and amount is None:
            aside += 1
            continue
        denominator += 1
        numerator += int(amount or 0) if metric.quantity else bool(true and true <= as_of)
    return numerator, denominator, aside


async def write(tx: Transaction, row: dict[str, Any]) -> None:
    marks = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await tx.fetch(
        f"INSERT INTO experience.journey ({', '.join(row)}) VALUES ({marks})", *row.values()
    )


async def test_every_word_with_a_parameter_counts_as_it_reads(tx: Transaction) -> None:
    rng = random.Random(4)
    orders = [drawn(rng, number) for number in range(1, 300)]
    for row in orders:
        await write(tx, row)
    seen: set[str] = set()
    for days in (9, 14, 20, 33, 47):
        as_of = BEGIN + timedelta(days=days, hours=7, minutes=days)
        found = (await count(tx, PROFILE, as_of=as_of))[WHO]
        for metric in PROFILE.metrics:
            told = found[metric.code].count
            wanted = expected(PROFILE, metric, orders, as_of)
            assert (told.numerator, told.denominator, told.excluded) == wanted, (metric.code, days)
            seen |= (
                {metric.code} if (wanted[0] and wanted[1] > wanted[0]) or metric.quantity else set()
            )
    assert seen == {metric.code for metric in PROFILE.metrics}  # each with some that hit, some not


def test_every_word_with_a_parameter_is_asked() -> None:
    words = {word for m in PROFILE.metrics for word in (m.population, m.numerator, m.quantity)}
    takes = {w for w in (*POPULATIONS, *PREDICATES) if w.startswith("clock_") or "_by_fault" in w}
    assert takes < words


async def test_a_clock_in_calendar_days_is_the_pickup_rate(tx: Transaction) -> None:
    rng = random.Random(5)
    for number in range(1, 200):
        await write(tx, drawn(rng, number))
    clock = '[[dimension.metric.clock]]\nstart = "paid"\nstop = "dispatched"\ndays = 1\n'
    same = parse(
        HEAD.replace("window_days = 12", "window_days = 0")
        + rate("missed", "clock_due", "clock_met", clock, "higher")
        + rate("old", "pickup_due", "picked_up_next_day", "", "higher"),
        "same.toml",
    )
    for days in (10, 30, 60):
        found = (await count(tx, same, as_of=BEGIN + timedelta(days=days)))[WHO]
        assert found["missed"].count == found["old"].count
    assert found["old"].denominator > found["old"].numerator > 5


async def test_a_mean_is_lost_by_the_orders_above_it(tx: Transaction) -> None:
    for number, hours in ((1, 10), (2, 21), (3, 50)):
        row = {
            "ordered_at": BEGIN,
            "paid_at": BEGIN,
            "dispatched_at": BEGIN + timedelta(hours=hours),
        }
        named = {"merchant_id": WHO, "fulfilment_order_id": number, "order_ref": f"order-{number}"}
        await write(tx, {**named, **row})
    at = BEGIN + timedelta(days=5)
    found = (await count(tx, PROFILE, as_of=at, explain=True))[WHO]["prepare_s"]
    assert found.numerator == 81 * 3600
    assert dict(zip(found.failed, found.shortfall, strict=True)) == {2: 3600, 3: 30 * 3600}


async def test_another_channels_orders_do_not_count(tx: Transaction) -> None:
    profile = load("tiktok_shop_uk")
    for number, (channel, market) in enumerate(
        [("tiktok_shop", "GB"), ("shopify", "GB"), ("tiktok_shop", "US"), ("", "")], 1
    ):
        row = {"merchant_id": WHO, "fulfilment_order_id": number, "order_ref": "x"}
        clocks = {"ordered_at": BEGIN, "delivered_at": BEGIN + timedelta(days=2)}
        await write(tx, {**row, "channel": channel, "market": market, **clocks})
    at = BEGIN + timedelta(days=5)
    assert (await count(tx, profile, as_of=at))[WHO]["orders"].denominator == 2
    assert (await count(tx, profile.anywhere(), as_of=at))[WHO]["orders"].denominator == 4


@pytest.mark.parametrize(
    ("name", "day", "days", "end"),
    [
        ("every_day", date(2026, 5, 1), 0, 0),
        ("every_day", date(2026, 5, 1), 3, 3),
        ("weekdays", date(2026, 5, 1), 1, 3),  # a Friday
        ("weekdays", date(2026, 5, 2), 0, 2),
        ("GB-ENG", date(2026, 5, 1), 1, 4),  # Monday 4 May is a bank holiday
        ("VN", date(2026, 4, 29), 1, 5),  # 30 April and 1 May are holidays, then a weekend
        ("US", date(2026, 5, 22), 2, 5),  # Memorial Day is 25 May
    ],
)
def test_working_days_end_where_the_calendar_says(
    name: str, day: date, days: int, end: int
) -> None:
    assert ends(name, days, day, day) == [end]


def test_calendars_have_names() -> None:
    assert all(is_calendar(name) for name in ("every_day", "weekdays", "GB", "GB-ENG"))
    assert not any(is_calendar(name) for name in ("", "monday", "gb", "ZZ", "../x"))
    with pytest.raises(Invalid):
        ends("ZZ", 1, date(2026, 5, 1), date(2026, 5, 1))
