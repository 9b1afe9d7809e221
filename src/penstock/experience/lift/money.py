"""What a lever costs and what it brings, in minor units of one currency, over the weeks replayed.

Freight is by the rate cards; what no record tells is assumed, and named.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import msgspec

from penstock.experience.drivers.array import Vector, np
from penstock.experience.lift.assumptions import Assumptions
from penstock.experience.lift.columns import Columns, micros
from penstock.experience.lift.floor import DAY_US
from penstock.experience.lift.levers import Lever
from penstock.experience.lift.past import Past
from penstock.experience.lift.snapshot import Snapshot
from penstock.kernel.money import CURRENCIES

_MONTH = timedelta(days=30)


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """What a lever costs, and what it saves by fewer late hand-overs and lost parcels.

    `low` and `high` are of `gain_minor`. `assumed` names the assumptions that the figures rest on.
    """

    currency: str
    cost_minor: int
    gain_minor: int
    low_minor: int
    high_minor: int
    assumed: tuple[str, ...]


def in_one_currency(
    snapshot: Snapshot, eur_per_unit: Mapping[str, Decimal]
) -> tuple[Snapshot, str]:
    """Turn all fees and prices into the currency that most orders were paid in."""
    paid = [order.currency for order in snapshot.orders if order.currency]
    currency = max(sorted(set(paid)), key=paid.count, default="EUR")

    def turned(amount_minor: int, of: str) -> int:
        if of in {currency, ""} or of not in eur_per_unit or currency not in eur_per_unit:
            return amount_minor
        units = Decimal(amount_minor).scaleb(-CURRENCIES.get(of, 2)) * eur_per_unit[of]
        return round((units / eur_per_unit[currency]).scaleb(CURRENCIES.get(currency, 2)))

    replace = msgspec.structs.replace
    orders = [
        replace(
            o,
            fee_minor=turned(o.fee_minor, o.fee_currency),
            goods_minor=turned(o.goods_minor, o.currency),
        )
        for o in snapshot.orders
    ]
    lanes = [replace(x, fee_minor=turned(x.fee_minor, x.currency)) for x in snapshot.lanes]
    return replace(snapshot, orders=orders, lanes=lanes), currency


def losses(columns: Columns, goods_minor: Vector, assume: Assumptions, weeks: Snapshot) -> Vector:
    """Return what each order lost in money by a late hand-over or on the way, within the weeks."""
    times, since, now = columns.times, micros(weeks.from_at), micros(weeks.as_of)
    due = (times["dispatch_by"] > since) & (times["dispatch_by"] <= now)
    due &= ~(times["cancelled"] < np.minimum(times["dispatch_by"], times["dispatched"]))
    late = due & ~(times["dispatched"] <= times["dispatch_by"])
    lost = (times["lost"] > since) & (times["lost"] <= now)
    return np.asarray(goods_minor * (late * assume["late_percent"].value / 100 + lost))


def cost_of(
    past: Past, lever: Lever, freight_minor: int, assume: Assumptions
) -> tuple[int, tuple[str, ...]]:
    """Return what a lever costs over the weeks replayed, and which assumptions that rests on."""
    months = (past.snapshot.as_of - past.snapshot.from_at) / _MONTH
    match lever.kind:
        case "pickers":
            floor = past.nodes[lever.node_id].floor
            since = micros(past.snapshot.from_at)
            days = 0 if floor is None else sum(day > since // DAY_US for day in floor.staffed)
            hours = days * assume["picker_day_hours"].value * lever.more
            return round(hours * assume["picker_hour_minor"].value), (
                "picker_hour_minor",
                "picker_day_hours",
            )
        case "sync":
            return round(months * assume["sync_month_minor"].value), ("sync_month_minor",)
        case "second_node":
            keeping = months * assume["node_month_minor"].value
            return freight_minor + round(keeping), ("node_month_minor",)
        case "carrier":
            return freight_minor, ()
        case "cut_off":
            return 0, ()


def money_of(
    currency: str, cost: tuple[int, tuple[str, ...]], gain_minor: float, gains: Sequence[float],
    tail: float,
) -> Money:  # fmt: skip
    """Put cost and gain together; `tail` is the share of draws beyond either end."""
    low, high = np.quantile(np.array(gains), [tail, 1 - tail])
    return Money(
        currency=currency,
        cost_minor=cost[0],
        gain_minor=round(gain_minor),
        low_minor=round(float(low)),
        high_minor=round(float(high)),
        assumed=(*cost[1], "late_percent"),
    )
