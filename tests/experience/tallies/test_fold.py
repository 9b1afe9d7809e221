"""What is kept equals what is counted anew, for random journeys that change in random ways."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from penstock.db.query import positional
from penstock.db.transaction import Transaction
from penstock.experience.measure.measure import count
from penstock.experience.profiles.load import load, shipped
from penstock.experience.profiles.profile import Profile
from penstock.experience.scores.points import Count
from penstock.experience.tallies.day_counts import counts_of_days
from penstock.experience.tallies.fold import fold

Write = Callable[[Transaction, Random, list[int], int], Awaitable[None]]
BEGIN = datetime(2026, 10, 20, tzinfo=UTC)  # both ends of summer time are within
KNOWN = datetime(2026, 12, 24, 12, tzinfo=UTC)


async def anew(
    tx: Transaction, profile: Profile, merchants: list[int], day: date
) -> dict[tuple[int, date], dict[str, Count]]:
    """What `measure.sql` counts at the end of a day in the profile's zone."""
    local = datetime.combine(day + timedelta(days=1), datetime.min.time())
    as_of = local.replace(tzinfo=ZoneInfo(profile.time_zone))
    found = await count(tx, profile, as_of=as_of)
    return {
        (merchant, day): {code: row.count for code, row in found[merchant].items()}
        for merchant in merchants
        if merchant in found
    }


async def everything_folded(tx: Transaction, now: datetime, batch: int) -> None:
    while await fold(tx, now, batch=batch):
        pass


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 9))]
)
async def test_what_is_kept_is_what_is_counted_anew(
    tx: Transaction, write: Write, seed: int
) -> None:
    random, merchants = Random(seed), [3, 4, 9]
    await write(tx, random, merchants, 60)  # before any measure is kept
    for n in range(2 if seed == 0 else 5):
        await everything_folded(tx, KNOWN + timedelta(days=n), random.choice((40, 1_000)))
        await write(tx, random, merchants, 60)
        await write(tx, random, merchants, 20)
    await everything_folded(tx, KNOWN + timedelta(days=9), 90)
    counted = 0
    for name in shipped():
        profile = load(name)
        for window in (None, random.randrange(1, 20)) if seed else (None,):
            asking = profile if window is None else profile.over(window)
            first = BEGIN.date() + timedelta(days=random.randrange(60))
            days = [first, first + timedelta(days=1), first + timedelta(days=20)]
            kept = await counts_of_days(
                tx, asking, merchants=merchants, from_day=days[0], to_day=days[-1]
            )
            assert kept is not None
            for day in days:
                for key, counts in (await anew(tx, asking, merchants, day)).items():
                    assert kept[key] == counts, (name, window, key)
                    counted += sum(c.denominator + c.excluded for c in counts.values())
    assert counted > 1_000


async def test_a_change_of_nothing_but_the_channel_is_folded(tx: Transaction) -> None:
    await everything_folded(tx, KNOWN, 1_000)
    await tx.fetch(
        "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref, ordered_at,"
        " market) VALUES (3, 1, 'o', $1, 'CN')",
        BEGIN,
    )
    await everything_folded(tx, KNOWN, 1_000)
    await tx.fetch("UPDATE experience.journey SET channel = 'amazon'")
    await everything_folded(tx, KNOWN, 1_000)
    day = (BEGIN + timedelta(days=1)).date()
    for name in ("amazon", "douyin_2026_05"):
        kept = await counts_of_days(tx, load(name), merchants=[3], from_day=day, to_day=day)
        for key, counts in (await anew(tx, load(name), [3], day)).items():
            assert kept is not None
            assert kept[key] == counts, name


async def test_the_queue_is_taken_by_place_whatever_its_statistics_say(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan made while the queue was empty once compared all of it with all that was taken."""
    await everything_folded(tx, KNOWN, 1_000)
    told: list[str] = []

    async def explained(tx: Transaction, sql: str, given: dict[str, object]) -> list[list[int]]:
        statement, names = positional(sql)
        rows = await tx.fetch(f"EXPLAIN {statement}", *[given[name] for name in names])
        told.extend(row[0] for row in rows)
        return [[0]]

    monkeypatch.setattr("penstock.experience.tallies.fold.run_composed", explained)
    await tx.fetch(
        "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref, ordered_at)"
        " VALUES (3, 1, 'o', $1)",
        BEGIN,
    )
    await fold(tx, KNOWN)
    assert any("Tid Scan on change" in line for line in told)
