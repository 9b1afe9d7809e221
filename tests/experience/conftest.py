"""Journeys of every kind, for tests of what is kept of them."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from penstock.db.transaction import Transaction

BEGIN = datetime(2026, 10, 20, tzinfo=UTC)  # both ends of summer time are within
AT = (
    "paid_at accepted_at packed_at labelled_at dispatch_by_at dispatched_at scanned_at"
    " transit_by_at deliver_by_at delivered_at cancelled_at returned_at lost_at"
).split()
FAULTS = ("seller", "buyer", "carrier", "platform", "unknown", None)
FLAGS = (None, None, None, "gift", "sample", "abnormal", "appeal")
MARKETS = ("", "US", "GB", "VN", "TH", "CN", "ID")
CHANNELS = ("", "tiktok_shop", "douyin", "amazon", "shopee", "own")


def image(random: Random) -> dict[str, Any]:
    """A journey that may be sound, late, broken or impossible."""
    at = BEGIN + timedelta(seconds=random.randrange(40 * 86_400))
    if random.random() < 0.2:  # on a midnight of some zone
        at = at.replace(hour=random.choice((0, 7, 8, 16)), minute=0, second=0)
    row: dict[str, Any] = {"ordered_at": at}
    for name in AT:
        if random.random() < 0.75:
            at = at + timedelta(seconds=random.randrange(int(1.5 * 86_400)))
            if random.random() < 0.1:
                at = at.replace(hour=random.choice((0, 8, 16)), minute=0, second=0)
            row[name] = at
            if random.random() < 0.1:
                row[name] -= timedelta(days=random.randrange(20))
        else:
            row[name] = None
    for name in ("cancelled_at", "returned_at", "lost_at"):
        if random.random() < 0.6:
            row[name] = None
    return row | {
        "cancel_fault": random.choice(FAULTS),
        "return_fault": random.choice(FAULTS),
        "exception_fault": random.choice((*FAULTS, "weather", None, None)),
        "excluded": random.choice(FLAGS),
        "market": random.choice(MARKETS),
        "channel": random.choice(CHANNELS),
    }


async def write_journeys(
    tx: Transaction, random: Random, merchants: list[int], orders: int
) -> None:
    """Write a batch of journeys, of which some are there already, and remove a few."""
    rows = {
        (random.choice(merchants), random.randrange(orders)): image(random) for _ in range(orders)
    }
    columns = list(next(iter(rows.values())))
    values = [[row[column] for row in rows.values()] for column in columns]
    types = ["timestamptz" if c.endswith("_at") else "text" for c in columns]
    told = ", ".join(f"${n + 3}::{kind}[]" for n, kind in enumerate(types))
    await tx.fetch(
        f"INSERT INTO experience.journey AS j (merchant_id, fulfilment_order_id, order_ref,"
        f" {', '.join(columns)}) SELECT m, o, o::text, {', '.join(columns)}"
        f" FROM unnest($1::int[], $2::bigint[], {told}) AS t (m, o, {', '.join(columns)})"
        f" ON CONFLICT (merchant_id, fulfilment_order_id) DO UPDATE SET"
        f" {', '.join(f'{c} = excluded.{c}' for c in columns)}",
        [m for m, _ in rows],
        [o for _, o in rows],
        *values,
    )
    await tx.fetch(
        "DELETE FROM experience.journey WHERE fulfilment_order_id = $1", random.randrange(orders)
    )


@pytest.fixture
def write() -> Callable[[Transaction, Random, list[int], int], Awaitable[None]]:
    """Writes a batch of random journeys for merchants, over those that are there."""
    return write_journeys
