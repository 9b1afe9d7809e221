"""A snapshot as columns: what a replay changes, and what it leaves as it was."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from penstock.experience.drivers.array import Vector, np
from penstock.experience.lift.recount import FAULTS, TIMES
from penstock.experience.lift.snapshot import Lane, PastOrder
from penstock.experience.words.reading import Orders

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
NEVER = float("inf")
_TIMES = (*TIMES, "allocated", "picked", "packed", "labelled", "pickup")


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """Orders as columns: times in microseconds since 1970, `NEVER` where there is none."""

    times: dict[str, Vector]
    node: Vector
    vendor: Vector
    market: Vector
    transit_days: Vector
    weight_g: Vector
    fee_minor: Vector
    cancel_fault: Vector
    return_fault: Vector
    exception_fault: Vector
    excluded: Vector

    def orders(self) -> Orders:
        """Return what metrics are counted from."""
        times = {
            f"{name}_at": np.where(np.isfinite(self.times[name]), self.times[name], np.nan)
            for name in TIMES
        }
        return Orders(**times, **{name: getattr(self, name) for name in FAULTS})

    def changed(self, **times: Vector) -> "Columns":
        """Return the same orders with other times."""
        return msgspec.structs.replace(self, times={**self.times, **times})


def micros(at: datetime | None) -> float:
    """Return microseconds since 1970, which a float holds exactly; `NEVER` for None."""
    return NEVER if at is None else float((at - _EPOCH) // _MICROSECOND)


def instant(at: float) -> datetime:
    """Return the moment of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=int(at))


def columns_of(orders: Sequence[PastOrder]) -> Columns:
    """Turn orders into columns."""
    return Columns(
        times={
            name: np.array([micros(getattr(o, f"{name}_at")) for o in orders], dtype=float)
            for name in _TIMES
        },
        node=np.array([o.node_id for o in orders], dtype=int),
        vendor=np.array([o.vendor for o in orders], dtype=object),
        market=np.array([o.market for o in orders], dtype=object),
        transit_days=np.array([o.transit_days for o in orders], dtype=int),
        weight_g=np.array([o.weight_g for o in orders], dtype=int),
        fee_minor=np.array([o.fee_minor for o in orders], dtype=float),
        cancel_fault=np.array([o.cancel_fault or "" for o in orders], dtype=str),
        return_fault=np.array([o.return_fault or "" for o in orders], dtype=str),
        exception_fault=np.array([o.exception_fault or "" for o in orders], dtype=str),
        excluded=np.array([o.excluded or "" for o in orders], dtype=str),
    )


def next_pickup(at: float, cut_off: time, zone: ZoneInfo) -> float:
    """Return the first van after `at`: one that leaves at this very instant is missed."""
    day = instant(at).astimezone(zone).date()
    for some in (day, day + timedelta(days=1), day + timedelta(days=2)):
        van = micros(datetime.combine(some, cut_off, zone).astimezone(UTC))
        if van > at:
            return van
    raise AssertionError("a van comes every day")


def local_date(at: float, zone: ZoneInfo) -> date:
    """Return the local day of a moment."""
    return instant(at).astimezone(zone).date()


def at_door(day: date, second: float, zone: ZoneInfo) -> float:
    """Return the moment of a local second of a day."""
    return micros((datetime.combine(day, time(), zone) + timedelta(seconds=second)).astimezone(UTC))


def promised(pickup_on: date, transit_days: int, zone: ZoneInfo) -> float:
    """Return the carrier's own promise: the last second of its day, as shipping dates it."""
    midnight = datetime.combine(pickup_on + timedelta(days=transit_days + 1), time(), zone)
    return micros(midnight.astimezone(UTC)) - 1e6


def earlier(cut_off: time, hours: float) -> time:
    """Move a time of day, not past midnight."""
    minutes = cut_off.hour * 60 + cut_off.minute - round(hours * 60)
    minutes = min(max(minutes, 0), 24 * 60 - 1)
    return time(minutes // 60, minutes % 60)


def lane_for(
    lanes: Sequence[Lane], vendor: str, node: int, country: str, weight_g: int
) -> Lane | None:
    """Return the smallest rate of a carrier's lane that holds the weight; None: none does."""
    fitting = [
        lane
        for lane in lanes
        if (lane.vendor, lane.node_id, lane.country) == (vendor, node, country)
        and lane.weight_to_g >= weight_g
    ]
    return min(fitting, key=lambda lane: (lane.weight_to_g, lane.fee_minor), default=None)
