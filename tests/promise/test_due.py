from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import holidays
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.kernel.calendar import Calendar
from penstock.kernel.errors import Invalid
from penstock.promise import due as module
from penstock.promise.due import Due, Sla, due, due_many, extend, shipped_slas

ZONES = (
    "America/Havana",
    "America/New_York",
    "America/St_Johns",  # set back at 00:01, so a date came twice
    "Asia/Shanghai",
    "Etc/GMT+12",
    "Europe/London",
    "Pacific/Apia",  # no 30 December 2011
    "Pacific/Kiritimati",  # UTC+14
)
COUNTRIES = ("", "US", "CN", "VN", "SA", "GB-ENG")
NEAR = (
    *(date(year, 12, 30) for year in (1987, 1999, 2011, 2026)),
    *(date(year, 2, 28) for year in (1988, 2000, 2028)),
    *(date(2006, 4, 1), date(2006, 10, 28), date(2010, 11, 6)),  # St John's
    *(date(2026, 3, 7), date(2026, 10, 31), date(2026, 10, 24), date(2026, 3, 28)),
    *(date(2026, 2, 14), date(2026, 9, 30), date(2026, 11, 25)),  # holidays of CN, VN, US
)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
US = Calendar(country="US", zone="America/New_York", cut_off=time(15))
VN = Calendar(country="VN", zone="Asia/Ho_Chi_Minh")
CN = Calendar(country="CN", zone="Asia/Shanghai")


def reading(zone: str, at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@lru_cache(maxsize=50_000)
def oracle_past(zone: str, wall: datetime) -> datetime:
    """Walk back in time until the clock reads earlier than `wall`."""
    at = wall.replace(tzinfo=UTC) + timedelta(hours=30)
    while reading(zone, at) >= wall:
        at -= timedelta(minutes=15)
    at += timedelta(minutes=15)
    while reading(zone, at - SECOND) >= wall:
        at -= SECOND
    return at


def oracle_end(zone: str, day: date) -> datetime:
    return oracle_past(zone, datetime.combine(day + DAY, time(0))) - SECOND


@lru_cache(maxsize=50_000)
def oracle_works(country: str, closures: frozenset[date], zone: str, day: date) -> bool:
    if day in closures or reading(zone, oracle_end(zone, day)).date() != day:
        return False
    code, _, region = country.partition("-")
    return not code or bool(
        holidays.country_holidays(code, subdiv=region or None).is_working_day(day)
    )


def oracle_step(sla: Sla, calendar: Calendar, day: date, days: int) -> date:
    """Count one day at a time; 0 days lead to the first day that counts."""
    everyday = sla.counted_in == "calendar_days"
    country, closures = (
        ("", frozenset[date]()) if everyday else (calendar.country, calendar.closures)
    )
    zone = sla.zone or calendar.zone
    while days:
        day += DAY
        days -= oracle_works(country, closures, zone, day)
    while not oracle_works(country, closures, zone, day):
        day += DAY
    return day


def oracle_due(sla: Sla, node: Calendar, destination: Calendar, paid_at: datetime) -> Due:
    clock, far_clock = sla.zone or node.zone, sla.zone or destination.zone
    cut_off = node.cut_off if sla.cut_off is None else sla.cut_off
    day_0 = reading(clock, paid_at).date() - 2 * DAY
    if sla.cut_off_rule == "none":
        while paid_at >= oracle_end(clock, day_0) + SECOND:
            day_0 += DAY
    else:
        while (
            oracle_step(sla, node, day_0, 0) != day_0
            or oracle_past(clock, datetime.combine(day_0, cut_off)) <= paid_at
        ):
            day_0 += DAY
    dispatch_by_at = oracle_end(clock, oracle_step(sla, node, day_0, sla.dispatch_days))
    if sla.transit_days is None:
        return Due(dispatch_by_at=dispatch_by_at)
    start = day_0 if sla.transit_from == "payment" else reading(far_clock, dispatch_by_at).date()
    delivered = oracle_step(sla, destination, start, sla.transit_days)
    return Due(dispatch_by_at=dispatch_by_at, deliver_by_at=oracle_end(far_clock, delivered))


walls = st.sampled_from(
    [time(0), time(0, 0, 30), time(1, 30), time(2, 30), time(14), time(16), time(23, 59, 59)]
)


@st.composite
def slas(draw: st.DrawFn) -> Sla:
    rules: tuple[Literal["none", "policy", "node"], ...] = ("none", "policy", "node")
    rule = draw(st.sampled_from(rules))
    return Sla(
        code="drawn",
        source="Hypothesis",
        confidence="own",
        dispatch_days=draw(st.integers(0, 4)),
        transit_days=draw(st.none() | st.integers(0, 6)),
        transit_from=draw(st.sampled_from(["payment", "dispatch"])),
        counted_in=draw(st.sampled_from(["working_days", "calendar_days"])),
        cut_off_rule=rule,
        cut_off=draw(walls) if rule == "policy" else None,
        zone=draw(st.sampled_from(["", "", "America/Los_Angeles"])),
    )


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    closures = draw(st.frozensets(st.tuples(st.sampled_from(NEAR), st.integers(-1, 6)), max_size=6))
    return Calendar(
        country=draw(st.sampled_from(COUNTRIES)),
        zone=draw(st.sampled_from(ZONES)),
        cut_off=draw(walls),
        closures=frozenset(day + n * DAY for day, n in closures),
    )


@st.composite
def payments(draw: st.DrawFn, node: Calendar) -> datetime:
    day = draw(st.sampled_from(NEAR)) + draw(st.integers(-1, 3)) * DAY
    edge = oracle_past(node.zone, datetime.combine(day, draw(walls)))
    return edge + draw(
        st.sampled_from([-timedelta.resolution, timedelta(0), SECOND])
        | st.timedeltas(-1.5 * DAY, 1.5 * DAY)
    )


@settings(max_examples=200)
@given(st.data(), slas(), calendars(), calendars())
def test_deadlines_are_those_of_naive_stepping(
    data: st.DataObject, sla: Sla, node: Calendar, destination: Calendar
) -> None:
    paid_at = data.draw(payments(node))
    assert due(sla, node, destination, paid_at) == oracle_due(sla, node, destination, paid_at)


@given(st.data(), slas(), calendars(), calendars())
def test_many_orders_get_what_each_would_get_alone(
    data: st.DataObject, sla: Sla, node: Calendar, destination: Calendar
) -> None:
    paid_at = data.draw(st.lists(payments(node), max_size=12))
    assert due_many(sla, node, destination, paid_at) == [
        due(sla, node, destination, at) for at in paid_at
    ]


@given(st.data(), slas(), calendars(), calendars())
def test_who_pays_later_is_never_due_earlier(
    data: st.DataObject, sla: Sla, node: Calendar, destination: Calendar
) -> None:
    paid_at = sorted(data.draw(st.lists(payments(node), min_size=2, max_size=8)))
    answers = due_many(sla, node, destination, paid_at)
    handed_over = [answer.dispatch_by_at for answer in answers]
    delivered = [answer.deliver_by_at for answer in answers if answer.deliver_by_at is not None]
    assert handed_over == sorted(handed_over)
    assert delivered == sorted(delivered)
    assert all(end + SECOND > at for end, at in zip(handed_over, paid_at, strict=True))


def test_each_distinct_deadline_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sla = shipped_slas()["tiktok_us_regular"]
    start = datetime(2026, 11, 2, 8, tzinfo=UTC)
    paid_at = [start + timedelta(minutes=(37 * n) % (3 * 1440)) for n in range(10_000)]
    computed: list[datetime] = []
    compute = module._bucket

    def counted(*arguments: object) -> object:
        computed.append(arguments[-1])  # type: ignore[arg-type]  # the payment comes last
        return compute(*arguments)  # type: ignore[arg-type]  # passed through as they came

    monkeypatch.setattr(module, "_bucket", counted)
    answers = due_many(sla, US, US, paid_at)
    assert len(computed) == len(set(map(id, answers))) == len(Counter(answers)) == 3


@given(st.data(), slas(), calendars(), calendars(), st.integers(0, 3), st.integers(0, 3))
def test_an_extension_is_a_longer_sla(
    data: st.DataObject, sla: Sla, node: Calendar, destination: Calendar, first: int, second: int
) -> None:
    given_due = due(sla, node, destination, data.draw(payments(node)))
    assert extend(sla, node, destination, given_due, 0) == given_due
    once = extend(sla, node, destination, given_due, first + second)
    twice = extend(sla, node, destination, extend(sla, node, destination, given_due, first), second)
    assert once == twice


@given(st.data(), slas(), calendars(), calendars(), st.integers(0, 4))
def test_an_extension_counts_as_more_days_would(
    data: st.DataObject, sla: Sla, node: Calendar, destination: Calendar, days: int
) -> None:
    sla = msgspec.structs.replace(
        sla, dispatch_days=sla.dispatch_days + 1, transit_days=(sla.transit_days or 0) + 1
    )
    assert sla.transit_days is not None
    longer = msgspec.structs.replace(
        sla,
        dispatch_days=sla.dispatch_days + days,
        transit_days=sla.transit_days + (days if sla.transit_from == "payment" else 0),
    )
    paid_at = data.draw(payments(node))
    extended = extend(sla, node, destination, due(sla, node, destination, paid_at), days)
    assert extended == due(longer, node, destination, paid_at)


def local(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("code", "market", "zone", "paid", "handed_over", "delivered"),
    [
        # two business days, six to the door, on Pacific time; Thanksgiving is 26 November
        ("tiktok_us_regular", US, "America/Los_Angeles", "2026-11-20 20:47", "11-24", "12-01"),
        ("tiktok_us_regular", US, "America/Los_Angeles", "2026-11-21 12:00", "11-24", "12-01"),
        ("tiktok_us_regular", US, "America/Los_Angeles", "2026-11-25 23:59:59", "11-30", "12-04"),
        ("tiktok_us_preorder", US, "America/Los_Angeles", "2026-11-24 09:00", "11-25", "12-03"),
        ("tiktok_us_handling", US, "America/Los_Angeles", "2026-11-02 09:00", "11-12", "11-19"),
        ("tiktok_vn_platform_shipping", VN, VN.zone, "2026-11-20 13:59:59", "11-20", None),
        ("tiktok_vn_platform_shipping", VN, VN.zone, "2026-11-20 14:00", "11-23", None),
        ("tiktok_vn_platform_shipping", VN, VN.zone, "2026-11-21 09:00", "11-23", None),
        ("tiktok_sea", VN, VN.zone, "2026-11-13 14:00", "11-17", None),
        # Douyin counts Sundays and holidays
        ("douyin_same_day", CN, CN.zone, "2026-10-04 15:59:59", "10-04", None),
        ("douyin_same_day", CN, CN.zone, "2026-10-04 16:00", "10-05", None),
        ("douyin_next_day", CN, CN.zone, "2026-10-04 23:59", "10-05", None),
        ("penstock_node_cut_off", US, US.zone, "2026-11-25 14:59", "11-25", None),
        ("penstock_node_cut_off", US, US.zone, "2026-11-25 15:00", "11-27", None),
    ],
)
def test_shipped_slas_give_the_dates_that_their_sources_describe(
    code: str, market: Calendar, zone: str, paid: str, handed_over: str, delivered: str | None
) -> None:
    answer = due(shipped_slas()[code], market, market, local(zone, paid))
    assert answer.dispatch_by_at == local(zone, f"2026-{handed_over} 23:59:59")
    assert answer.deliver_by_at == (delivered and local(zone, f"2026-{delivered} 23:59:59"))


def test_the_cut_off_itself_is_too_late_wherever_it_stands_in_a_batch() -> None:
    sla = shipped_slas()["tiktok_vn_platform_shipping"]
    late = local(VN.zone, "2026-11-19 14:00")
    early = late - timedelta.resolution
    for paid_at in ([early, late], [late, early], [early, late + DAY, late]):
        assert due_many(sla, VN, VN, paid_at) == [due(sla, VN, VN, at) for at in paid_at]
    assert due(sla, VN, VN, early).dispatch_by_at + DAY == due(sla, VN, VN, late).dispatch_by_at


def test_a_date_that_comes_twice_begins_when_it_comes_to_stay() -> None:
    sla = Sla(code="x", source="x", confidence="own", dispatch_days=0)
    st_johns = Calendar(country="", zone="America/St_Johns")
    # at 00:01 on 29 October 2006 the clock went back to 23:01 on the 28th
    first_midnight = datetime(2006, 10, 29, 2, 30, 30, tzinfo=UTC)
    day_before = first_midnight - DAY - timedelta(minutes=1)
    answers = due_many(sla, st_johns, st_johns, [first_midnight, day_before])
    assert reading(st_johns.zone, first_midnight) == datetime(2006, 10, 29, 0, 0, 30)  # noqa: DTZ001  a wall clock
    assert [answer.dispatch_by_at for answer in answers] == [
        datetime(2006, 10, 29, 3, 29, 59, tzinfo=UTC),
        datetime(2006, 10, 28, 2, 29, 59, tzinfo=UTC),
    ]


def test_a_route_s_transit_limit_leaves_the_day_of_pickup_out() -> None:
    route = msgspec.structs.replace(shipped_slas()["douyin_same_day"], transit_days=2)
    answer = due(route, CN, CN, local(CN.zone, "2026-07-01 13:00"))
    assert answer.deliver_by_at == local(CN.zone, "2026-07-03 23:59:59")


def test_a_hand_over_is_dated_by_the_destination_s_clock() -> None:
    sla = Sla(code="x", source="x", confidence="own", dispatch_days=0, transit_days=1)
    kiritimati = Calendar(country="", zone="Pacific/Kiritimati")
    far_west = Calendar(country="", zone="Etc/GMT+12")
    answer = due(sla, kiritimati, far_west, local(kiritimati.zone, "2027-01-01 08:00"))
    # the first of January ends there while the far west has 31 December, 21:59:59
    assert answer.deliver_by_at == local(far_west.zone, "2027-01-01 23:59:59")


def test_every_shipped_sla_names_its_source_under_its_own_code() -> None:
    assert len(shipped_slas()) == 9
    assert all(sla.source and code == sla.code for code, sla in shipped_slas().items())


@pytest.mark.parametrize(
    "fields",
    [
        {"cut_off_rule": "policy"},
        {"cut_off": "14:00:00"},
        {"dispatch_days": -1},
        {"zone": "Mars/Olympus"},
        {"transit_weeks": 1},
    ],
)
def test_an_sla_that_contradicts_itself_is_refused(fields: dict[str, object]) -> None:
    whole = {"code": "x", "source": "x", "confidence": "own", "dispatch_days": 1} | fields
    with pytest.raises((Invalid, msgspec.ValidationError)):
        msgspec.convert(whole, Sla)
