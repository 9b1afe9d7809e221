"""Since when orders cost points: what an appeal's deadline is counted from."""

from collections.abc import Sequence
from datetime import datetime

from penstock.db.transaction import Transaction
from penstock.experience.explain.miss import missed
from penstock.experience.journeys.clocks import clocks
from penstock.experience.measure.measure import count
from penstock.experience.profiles.profile import Profile


async def counted_orders(
    tx: Transaction, profile: Profile, *, merchant: int, orders: Sequence[int], as_of: datetime
) -> dict[int, datetime]:
    """Return those of `orders` that fail a metric, and since when at the latest.

    A metric for which no moment is known counts from the order's own.
    """
    wanted = set(orders)
    if not wanted:
        return {}
    counted = (await count(tx, profile, as_of=as_of, merchant=merchant, explain=True)).get(
        merchant, {}
    )
    failed = {
        metric.code: wanted.intersection(counted[metric.code].failed)
        for metric in profile.metrics
        if metric.code in counted
    }
    named = sorted(set().union(*failed.values()))
    found = await clocks(tx, merchant=merchant, fulfilment_orders=named, as_of=as_of)
    misses = await missed(tx, profile, found, merchant=merchant, as_of=as_of)
    return {
        order.fulfilment_order_id: max(
            misses[order.fulfilment_order_id, code].counted_at or order.ordered_at
            for code, orders in failed.items()
            if order.fulfilment_order_id in orders
        )
        for order in found
    }
