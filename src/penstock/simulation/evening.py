"""An evening as it lies in the database, gathered for the closing summary and the report page."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from penstock.db.transaction import Transaction
from penstock.drawing.pictures import Lane
from penstock.simulation.evening_flows import Flows, flows
from penstock.simulation.evening_rows import (
    Arrivals,
    CarrierCompared,
    ExceptionsSeen,
    Kept,
    Money,
    Refused,
    ReturnsFor,
    SellerCounts,
    StockLeft,
    StreamPlayed,
    arrivals,
    carriers_compared,
    exceptions_seen,
    floor_counts,
    hot_stock,
    hourly_moves,
    money_moved,
    oversold_units,
    promises_kept,
    refusals,
    returns_compared,
    sellers,
    streams_played,
)
from penstock.simulation.evening_stages import Stage, stages

BIN_S = 10
"""Of the flood's series, in seconds: a step in demand is over within minutes."""
_HOT_SKUS = 2
_WITHOUT_STREAM = timedelta(hours=1)


class SubProcessScore(msgspec.Struct, frozen=True, kw_only=True):
    """One of the four sub-processes: `points` of 100 for itself (None: nothing counted).

    `points_lost` is what it cost of the merchant's total.
    """

    code: str
    title: str
    points: float | None
    points_lost: float


class CostlyOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that cost its merchant points, and what happened to it, in a sentence."""

    order_ref: str
    sub_process: str
    metric: str
    points: float
    happened: str


class MerchantScore(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant's Logistics Experience Score: `total` of `high`, None where there is none yet.

    `high` − `total` is what the sub-processes lost plus `other_lost`: bonuses (negative),
    misconduct and what lies outside logistics. `lanes` are those of its deliveries that fell due.
    """

    code: str
    title: str
    profile: str
    status: str
    total: float | None
    high: float = 100.0
    sub_processes: tuple[SubProcessScore, ...] = ()
    other_lost: float = 0.0
    worst: tuple[CostlyOrder, ...] = ()
    lanes: tuple[Lane, ...] = ()

    @property
    def counted(self) -> tuple[SubProcessScore, ...]:
        """The sub-processes of which something was counted, or that cost points all the same."""
        return tuple(s for s in self.sub_processes if s.points is not None or s.points_lost)


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """What the auditors found: counters that differ from the ledger, invariants that broke.

    `looks` is how often the invariants were checked; `broken` says of each what and when.
    """

    differences: int
    looks: int
    broken: tuple[str, ...] = ()


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """How the evening was made, so that it can be made again; `peak_mib` of all processes."""

    title: str
    command: str
    version: str
    seed: int
    seconds: float
    peak_mib: float


class Seller(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant's orders, and how its promises were kept (None: it has none)."""

    counts: SellerCounts
    dispatch: Kept | None
    delivery: Kept | None


class Evening(msgspec.Struct, frozen=True, kw_only=True):
    """All that is shown of an evening, except scores, audit and how it was made.

    `received` counts every order that a channel sent, once; `accepted` and `refused` divide it.
    `delivered` counts orders of which all has arrived, `returned` returns that came back.
    `oversold` is in units, recomputed from the stock's moves alone.
    """

    as_of: datetime
    from_at: datetime
    to_at: datetime
    streams: tuple[StreamPlayed, ...]
    sellers: tuple[Seller, ...]
    received: int
    accepted: int
    refused: int
    delivered: int
    returned: int
    oversold: int
    refusals: tuple[Refused, ...]
    arrivals: tuple[Arrivals, ...]
    hot_stock: tuple[StockLeft, ...]
    flows: Flows
    stages: tuple[Stage, ...]
    carriers: tuple[CarrierCompared, ...]
    returns: tuple[ReturnsFor, ...]
    money: tuple[Money, ...]
    exceptions: tuple[ExceptionsSeen, ...]

    @property
    def peak_per_min(self) -> float:
        """The orders a minute in the fullest bin."""
        return max((a.accepted + a.refused for a in self.arrivals), default=0) * 60 / BIN_S

    def kept(self, promise: str) -> tuple[int, int]:
        """Return the orders of all merchants that kept `promise`, and those that were due."""
        rows = [s.dispatch if promise == "dispatch" else s.delivery for s in self.sellers]
        return sum(r.kept for r in rows if r), sum(r.due for r in rows if r)


async def gather(
    tx: Transaction, as_of: datetime, *, turned_away: Sequence[Refused] = ()
) -> Evening:
    """Gather an evening from the database; `as_of` decides what is due.

    `turned_away` is what channels were told about orders too bad to be stored (a field that is
    wrong, a SKU that nobody sells): the database does not know of them. Reasons of stored orders
    among them are left out, so a channel's whole book may be handed in.
    """
    played = await streams_played(tx)
    hourly = await hourly_moves(tx, as_of=as_of)
    from_at = min((s.starts_at for s in played), default=hourly[0].at if hourly else as_of)
    to_at = max((s.ends_at for s in played), default=from_at + _WITHOUT_STREAM)
    kept = await promises_kept(tx, as_of=as_of)
    whole = {(k.promise, k.merchant_id): k for k in kept if k.at is None}
    counted = await sellers(tx)
    refused = _refused(await refusals(tx), turned_away)
    floor = await floor_counts(tx)
    money = await money_moved(tx)
    moved = flows(hourly, kept, as_of)
    accepted, away = sum(s.accepted for s in counted), sum(r.orders for r in refused)
    return Evening(
        as_of=as_of,
        from_at=from_at,
        to_at=to_at,
        streams=tuple(played),
        sellers=tuple(
            Seller(
                counts=s,
                dispatch=whole.get(("dispatch", s.merchant_id)),
                delivery=whole.get(("delivery", s.merchant_id)),
            )
            for s in counted
        ),
        received=accepted + away,
        accepted=accepted,
        refused=away,
        delivered=sum(k.done for k in whole.values() if k.promise == "delivery"),
        returned=moved.count("return", "received"),
        oversold=await oversold_units(tx) or 0,
        refusals=refused,
        arrivals=tuple(await arrivals(tx, from_at=from_at, to_at=to_at, bin_s=BIN_S)),
        hot_stock=tuple(
            await hot_stock(tx, from_at=from_at, to_at=to_at, bin_s=BIN_S, skus=_HOT_SKUS)
        ),
        flows=moved,
        stages=stages(accepted, away, moved, floor, money) if floor else (),
        carriers=tuple(await carriers_compared(tx, as_of=as_of)),
        returns=tuple(await returns_compared(tx)),
        money=tuple(money),
        exceptions=tuple(await exceptions_seen(tx)),
    )


def _refused(stored: Sequence[Refused], turned_away: Sequence[Refused]) -> tuple[Refused, ...]:
    known = {refused.reason for refused in stored} | {"accepted"}
    both = [*stored, *(away for away in turned_away if away.reason not in known)]
    return tuple(sorted(both, key=lambda refused: (-refused.orders, refused.reason)))
