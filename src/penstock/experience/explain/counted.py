"""Since when orders cost points: what an appeal's deadline is counted from."""

from collections.abc import Sequence
from datetime import datetime

from penstock.db.transaction import Transaction
from penstock.experience.clocks import clocks
from penstock.experience.explain.miss import miss
from penstock.experience.measure import count
from penstock.experience.profile import Profile


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
    since: dict[int, datetime] = {}
    for clock in await clocks(tx, merchant=merchant, fulfilment_orders=named, as_of=as_of):
        order = clock.fulfilment_order_id
        misses = (
            miss(metric, clock, profile.time_zone, as_of).counted_at or clock.ordered_at
            for metric in profile.metrics
            if order in failed.get(metric.code, ())
        )
        since[order] = max(misses)
    return since
