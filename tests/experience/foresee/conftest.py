"""A small shop whose floor falls behind now and then and whose carrier has a slow week."""

from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

import pytest

from penstock.experience.foresee import calibrate, learn

NOW = datetime(2026, 10, 20, tzinfo=UTC)
COLUMNS = (
    "merchant_id", "fulfilment_order_id", "order_ref", "market", "ordered_at", "paid_at",
    "accepted_at", "dispatch_by_at", "deliver_by_at", "allocated_at", "released_at", "picked_at",
    "packed_at", "dispatched_at", "transit_by_at", "delivered_at", "cancelled_at", "cancel_fault",
    "returned_at", "return_fault",
)  # fmt: skip


def played(merchant: int, days: int, a_day: int, seed: int) -> list[tuple[object, ...]]:
    """The journeys of `days` days up to NOW, as known then."""
    luck = Random(seed)
    rows: list[tuple[object, ...]] = []

    def known(at: datetime | None) -> datetime | None:
        return at if at is not None and at <= NOW else None

    behind = 0.0
    for day in range(days):
        behind = max(behind + luck.uniform(-0.6, 0.55), 0.0)
        slow = 1.8 if 40 <= day < 48 or day >= days - 5 else 1.0
        for _ in range(a_day):
            at = NOW - timedelta(days=days - day, hours=-luck.uniform(0, 24))
            due = at + timedelta(days=2)
            begun = at + timedelta(days=0.4 + behind * luck.uniform(0.6, 1.2))
            left = begun + timedelta(hours=3)
            there = left + timedelta(days=1.6 * slow * luck.lognormvariate(0, 0.25))
            cancelled = at + timedelta(hours=9) if luck.random() < 0.02 else None
            if cancelled is not None:
                left = there = None
            back = there + timedelta(days=4) if there and luck.random() < 0.05 else None
            begun_at = known(begun) if cancelled is None else None
            rows.append((
                merchant, len(rows) + 1, f"o-{len(rows) + 1}", luck.choice(["US", "CA"]), at, at,
                at + timedelta(seconds=luck.expovariate(1 / 90)), due, due + timedelta(days=3),
                begun_at, begun_at, begun_at, known(left), known(left),
                left + timedelta(days=3) if known(left) else None, known(there), known(cancelled),
                luck.choice(["seller", "buyer"]) if known(cancelled) else None, known(back),
                "carrier" if known(back) else None,
            ))  # fmt: skip
    return rows


@pytest.fixture
def write_in():
    """Write journeys of `played` in a transaction that the test opens itself."""

    async def write_in(tx, merchant=1, *, days=90, a_day=8, seed=5):
        rows = played(merchant, days, a_day, seed)
        marks = ", ".join(f"${n}" for n in range(1, len(COLUMNS) + 1))
        await tx._connection.executemany(
            f"INSERT INTO experience.journey ({', '.join(COLUMNS)}) VALUES ({marks})", rows
        )

    return write_in


@pytest.fixture
def write(tx, write_in):
    """Write journeys of `played`."""
    return partial(write_in, tx)


@pytest.fixture(autouse=True)
def _few_lessons(monkeypatch):
    """A handful of past forecasts teach a test enough."""
    monkeypatch.setattr(calibrate, "LOOKS_MAX", 4)
    monkeypatch.setattr(learn, "ORIGINS_EVERY_DAYS", 8)


@pytest.fixture
def now():
    """The moment that the journeys are known at."""
    return NOW
