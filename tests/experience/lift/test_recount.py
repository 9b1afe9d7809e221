"""The words as a replay reads them are the words as the database reads them."""

import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from penstock.experience.lift.columns import columns_of
from penstock.experience.lift.recount import tallies, understood
from penstock.experience.lift.snapshot import journeys_to_replay
from penstock.experience.measure.measure import count
from penstock.experience.profiles.load import load, shipped

T0 = datetime(2026, 10, 1, tzinfo=UTC)
AS_OF = T0 + timedelta(days=40)
MERCHANT = 7


def clocks(draw):
    """An order with any of its milestones missing, early or late, and any fault."""

    def at(share, start, days):
        if start is None or draw.random() > share:
            return None
        return start + timedelta(hours=round(draw.uniform(0, days * 24)))

    ordered = T0 + timedelta(hours=draw.randrange(40 * 24))
    accepted = ordered + timedelta(seconds=draw.choice([0, 60, 61, 300, 900, 90_000]))
    dispatched = at(0.9, ordered, 5)
    transit_by = at(0.5, dispatched, 5)
    delivered = at(0.9, dispatched, 9)
    lost = None if delivered else at(0.3, dispatched, 9)
    faults = ["seller", "buyer", "carrier", "platform", "unknown"]
    cancelled = at(0.2, ordered, 8)
    returned = at(0.2, delivered, 9)
    return {
        "ordered_at": ordered, "paid_at": at(0.9, ordered, 1), "accepted_at": accepted,
        "dispatch_by_at": at(0.9, ordered, 3), "deliver_by_at": at(0.9, ordered, 8),
        "dispatched_at": dispatched, "transit_by_at": transit_by, "delivered_at": delivered,
        "lost_at": lost, "cancelled_at": cancelled, "returned_at": returned,
        "cancel_fault": draw.choice(faults) if cancelled else None,
        "return_fault": draw.choice(faults) if returned else None,
        "exception_fault": draw.choice([*faults, None, None, None]),
        "excluded": draw.choice(["gift", None, None, None, None]),
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
async def test_a_recount_is_the_databases_count(tx, seed):
    draw = random.Random(seed)
    for number in range(1, 121):
        row = clocks(draw)
        names = ["merchant_id", "fulfilment_order_id", "order_ref", *row]
        marks = ", ".join(f"${n}" for n in range(1, len(names) + 1))
        await tx.fetch(
            f"INSERT INTO experience.journey ({', '.join(names)}) VALUES ({marks})",
            MERCHANT, number, f"o-{number}", *row.values(),
        )  # fmt: skip
    rows = await journeys_to_replay(tx, merchant=MERCHANT, from_at=T0 - timedelta(1), as_of=AS_OF)
    columns = columns_of(rows)
    seen = 0
    for name in shipped():
        profile = msgspec.structs.replace(load(name).over(30))
        if getattr(profile, "channel", "") or getattr(profile, "markets", ()):
            continue  # a scope is the database's to judge
        counted = await count(tx, profile, as_of=AS_OF, merchant=MERCHANT)
        told = tallies(profile, columns.orders(), AS_OF)
        for metric in profile.metrics:
            if understood(metric):
                seen += 1
                assert told[metric.code].count() == counted[MERCHANT][metric.code].count, metric
    assert seen >= 6
