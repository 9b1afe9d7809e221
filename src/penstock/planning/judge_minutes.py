"""A SKU's orders of the last minutes, judged: has a surge begun, and does it go on."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from penstock.planning.surge import (
    ALARM,
    Tuning,
    Watch,
    calm_of,
    evidence,
    new_watch,
    observe,
    settle,
)

TUNING = Tuning(warm_up=24 * 60, chance=1e-9, rate_least=1.0, falls=False)
"""A point is a minute. 10,000 SKUs have 14 million a day, of which chance may make none a surge."""
QUIET_POINTS_MAX = 300_000
"""So many quiet minutes are made up for in one turn, a few seconds' work, shared by its SKUs."""
STREAM_ALLOWANCE = 3.0
"""A stream may bring as many times its forecast's mean rate: forecasts of real sessions are off by
a factor of exp(0.77) = 2.2 on average, and sales do not spread evenly over a session."""
CALM_NATS = 3.0
"""A surge is over when chance explains its last window with a probability of e^-3, 5 %; it takes
e^-20 to begin one, so that what wavers between the two does not begin anew."""
MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


class Watched(msgspec.Struct, frozen=True):
    """A SKU's orders by minute, and what is remembered of it; `started_at` of its surge, if any."""

    merchant_id: int
    sku_id: int
    minutes: list[int]
    orders: list[int]
    counted_to: datetime | None
    memory: str | None
    started_at: datetime | None


class Planned(msgspec.Struct, frozen=True):
    """What a stream is expected to sell of all its SKUs: orders a minute, on average."""

    merchant_id: int
    sku_id: int
    from_at: datetime
    to_at: datetime
    orders_per_minute: float


class Begun(msgspec.Struct, frozen=True):
    """A surge as it is announced; rates are orders a minute."""

    sku_id: int
    started_at: datetime
    rate: float
    expected: float
    score: float


class Judged(msgspec.Struct, frozen=True):
    """A SKU after the minutes of one turn; `over`: it is in no surge, or in none any more."""

    sku: Watched
    watch: Watch
    begun: Begun | None
    over: bool
    rate: float
    peak: float


def judge(
    sku: Watched, watch: Watch, plans: Sequence[Planned], since: datetime, until: datetime
) -> Judged:
    """Show a SKU's minutes to its watch; the first alarm begins a surge unless one is going on."""
    orders = dict(zip(sku.minutes, sku.orders, strict=True))
    begun: Begun | None = None
    for number, at in enumerate(minutes_of(since, until)):
        rates = [p.orders_per_minute for p in plans if p.from_at <= at < p.to_at]
        plan = STREAM_ALLOWANCE * sum(rates) if rates else None
        count = orders.get(number, 0)
        before = calm_of(watch)
        reading = observe(watch, TUNING, count, _day_share(at), plan)
        if reading.score >= ALARM and not (begun or sku.started_at):
            watch.calm = before
            expected = reading.expected + (plan or 0.0)
            begun = Begun(sku.sku_id, at, count, round(expected, 2), round(reading.score, 4))
    over = evidence(watch) < CALM_NATS
    if over:
        settle(watch)
    rate = orders.get((until - since) // MINUTE - 1, 0)
    return Judged(sku, watch, begun, over, rate, max(orders.values(), default=0))


class Waker:
    """Brings the watches of SKUs up to where counting goes on: looked at last, they sold nothing.

    What a worker that stood still for long never counted is unknown, and is not taken for quiet.
    """

    def __init__(self, counted_from: datetime, began_at: datetime, skus: int) -> None:
        self._counted_from = counted_from
        self._quiet_max = min(TUNING.warm_up, QUIET_POINTS_MAX // skus)
        self._counted_long = counted_from - began_at >= TUNING.warm_up * MINUTE
        self._unknown: bytes | None = None

    def wake(self, sku: Watched) -> Watch:
        """Return a SKU's watch; one that is new to us was quiet, if we have counted so long."""
        if sku.memory is None or sku.counted_to is None:
            return self._first_watch()
        watch = msgspec.json.decode(sku.memory, type=Watch)
        self._rest(watch, min((self._counted_from - sku.counted_to) // MINUTE, self._quiet_max))
        return watch

    def _first_watch(self) -> Watch:
        if self._unknown is None:
            unknown = new_watch(TUNING)
            if self._counted_long:
                self._rest(unknown, TUNING.warm_up)
            self._unknown = msgspec.json.encode(unknown)
        return msgspec.json.decode(self._unknown, type=Watch)

    def _rest(self, watch: Watch, minutes: int) -> None:
        for at in minutes_of(self._counted_from - minutes * MINUTE, self._counted_from):
            observe(watch, TUNING, 0, _day_share(at))


def minutes_of(since: datetime, until: datetime) -> Iterator[datetime]:
    """Return the beginnings of the whole minutes from `since` to `until`."""
    return (since + number * MINUTE for number in range((until - since) // MINUTE))


def _day_share(at: datetime) -> float:
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return (at - midnight) / _DAY
