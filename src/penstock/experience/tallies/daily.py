"""Score merchants day by day, and again where something else became known of a day.

A day is one of the profile's time zone, and its score is that of its end. What was said of a day is
never overwritten: `daily_scores` tells what is known now, or what was known at a moment.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.profiles.load import load
from penstock.experience.profiles.profile import Profile
from penstock.experience.scores.points import Count
from penstock.experience.scores.score import Score, score
from penstock.experience.tallies.day_counts import Counts, counts_of_days
from penstock.experience.tallies.enlist import kept_measures
from penstock.experience.tallies.measures import measures_of
from penstock.experience.tallies.supply import supplied_codes, supplied_counts

OURS: Final = "penstock_les"
"""The profile by which every merchant is scored."""

BACK_DAYS: Final = 400
"""Days that ended longer ago are not scored anew."""

BATCH: Final = 100
"""Merchants scored in one transaction."""

_IDLE: Final = timedelta(hours=6)


class DailyScore(msgspec.Struct, frozen=True):
    """What was said of a merchant's day at `known_at`, and is said since then."""

    merchant_id: int
    profile: str
    day: date
    known_at: datetime
    status: str
    score: Decimal | None
    detail: Score


class Said(msgspec.Struct, frozen=True):
    """A row of experience.said, its detail as JSON."""

    merchant_id: int
    profile: str
    day: date
    known_at: datetime
    status: str
    score: Decimal | None
    detail: str


class DueScore(msgspec.Struct, frozen=True):
    """A merchant to score from a day on."""

    merchant_id: int
    from_day: date


@query
async def scores_said(
    tx: Transaction,
    *,
    merchant_id: int,
    profile: str,
    from_day: date,
    to_day: date,
    known_at: datetime,
) -> list[Said]:
    """Return what was last said of each day by `known_at`."""


@query
async def take_touched(
    tx: Transaction, *, today: date, looked_before: datetime, batch: int, now: datetime
) -> list[DueScore]:
    """Take merchants of whom something became known, or who were not looked at for a while."""


@query
async def due_scores(
    tx: Transaction,
    *,
    merchants: Sequence[int],
    from_days: Sequence[date],
    profile: str,
    everybody: bool,
    gate: int,
    ended: date,
    earliest: date,
    lag_days: int,
) -> list[DueScore]:
    """Return which of the merchants have a day to score up to the one that `ended`, and from when.

    `from_days` are their first days of which something else is known; `gate` is the measure whose
    first order begins it all.
    """


@query
async def keep_scores(
    tx: Transaction,
    *,
    profile: str,
    merchants: Sequence[int],
    days: Sequence[date],
    statuses: Sequence[str],
    scores: Sequence[Decimal | None],
    details: Sequence[str],
    now: datetime,
) -> int | None:
    """Keep scores, and what is said otherwise from `now` on; return how many that are."""


@query
async def profiles_used(tx: Transaction) -> list[str]:
    """List the profiles by which some merchant is scored, beside our own."""


async def daily_scores(
    tx: Transaction,
    *,
    merchant_id: int,
    profile: str,
    from_day: date,
    to_day: date,
    known_at: datetime | None = None,
) -> list[DailyScore]:
    """Return a merchant's scores, one a day, as known at `known_at` (None: now).

    Days that were not scored by then are left out: those before its first order, those that have
    not ended, and those before the profile was in use.
    """
    said = await scores_said(
        tx,
        merchant_id=merchant_id,
        profile=profile,
        from_day=from_day,
        to_day=to_day,
        known_at=known_at or datetime.max.replace(tzinfo=ZoneInfo("UTC")),
    )
    return [
        DailyScore(
            row.merchant_id,
            row.profile,
            row.day,
            row.known_at,
            row.status,
            row.score,
            msgspec.json.decode(row.detail, type=Score),
        )
        for row in said
    ]


async def score_days(tx: Transaction, now: datetime) -> int:
    """Score what is due: days that ended, days of which something else became known.

    A merchant is scored by Penstock's own profile and by those that are used for it. Returns how
    many merchants were looked at, `BATCH` at most.
    """
    due = await take_touched(
        tx,
        today=now.date() + timedelta(days=1),  # in some zones it is tomorrow
        looked_before=now - _IDLE,
        batch=BATCH,
        now=now,
    )
    if due:
        due.sort(key=lambda row: row.merchant_id)
        for code in [OURS, *(await profiles_used(tx))]:
            await _score_profile(tx, load(code), due, now)
    return len(due)


def last_day(profile: Profile, now: datetime) -> date:
    """Return the last day that has ended in the profile's time zone."""
    return now.astimezone(ZoneInfo(profile.time_zone)).date() - timedelta(days=1)


async def _score_profile(
    tx: Transaction, profile: Profile, touched: Sequence[DueScore], now: datetime
) -> None:
    kept = {m.fingerprint: m.measure_id for m in await kept_measures(tx) if m.filled}
    gate = kept.get(measures_of(profile)[0][1].fingerprint)
    if gate is None:
        return
    ended = last_day(profile, now)
    if profile.effective_to is not None:
        ended = min(ended, profile.effective_to)
    due = await due_scores(
        tx,
        merchants=[row.merchant_id for row in touched],
        from_days=[row.from_day for row in touched],
        profile=profile.code,
        everybody=profile.code == OURS,
        gate=gate,
        ended=ended,
        earliest=max(ended - timedelta(days=BACK_DAYS), profile.effective_from),
        lag_days=profile.lag_days,
    )
    if due and min(row.from_day for row in due) <= ended:
        await _score_merchants(tx, profile, due, ended, now)


async def _score_merchants(
    tx: Transaction, profile: Profile, due: Sequence[DueScore], ended: date, now: datetime
) -> None:
    first = min(row.from_day for row in due)
    merchants = [row.merchant_id for row in due]
    counts = await counts_of_days(tx, profile, merchants=merchants, from_day=first, to_day=ended)
    if counts is None:
        return
    told = await _supplied(tx, profile, merchants, first, ended)
    from_day = {row.merchant_id: row.from_day for row in due}
    scored = {
        key: score(profile, found | told.get(key, {}), settled=settled(profile, key[1], now))
        for key, found in counts.items()
        if key[1] >= from_day[key[0]]
    }
    await keep_scores(
        tx,
        profile=profile.code,
        merchants=[merchant for merchant, _ in scored],
        days=[day for _, day in scored],
        statuses=[said.status for said in scored.values()],
        scores=[said.points for said in scored.values()],
        details=[msgspec.json.encode(said).decode() for said in scored.values()],
        now=now,
    )


def settled(profile: Profile, day: date, now: datetime) -> bool:
    """Whether the profile's lag has passed since the end of its `day`."""
    return last_day(profile, now) >= day + timedelta(days=profile.lag_days)


async def _supplied(
    tx: Transaction, profile: Profile, merchants: Sequence[int], from_day: date, to_day: date
) -> Counts:
    codes = supplied_codes(profile)
    if not codes:
        return {}
    told: Counts = {}
    for row in await supplied_counts(
        tx,
        merchants=merchants,
        profile=profile.code,
        codes=[code for code, _, _ in codes],
        window_days=[window for _, window, _ in codes],
        delay_days=[delay for _, _, delay in codes],
        from_day=from_day,
        to_day=to_day,
    ):
        told.setdefault((row.merchant_id, row.day), {})[row.code] = Count(
            numerator=row.numerator, denominator=row.denominator
        )
    return told
