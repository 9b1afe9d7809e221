"""Forecast every merchant each day: read in one transaction, reckon in none, write in another."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial

import msgspec

from penstock.db.let_idle import let_idle
from penstock.db.query import query
from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.experience.foresee.ahead import Read, look_ahead, read_ahead
from penstock.experience.foresee.policy import SavePolicy, load_save_policy
from penstock.experience.foresee.warn import Announce, Telling, give_warnings, telling
from penstock.experience.profiles.load import load, shipped
from penstock.experience.profiles.profile import Profile
from penstock.kernel.errors import Unavailable

log = logging.getLogger(__name__)
BATCH = 10
"""Forecasts of one turn; each reads months of a merchant's journeys."""
_SCORED_WITHIN = timedelta(days=3)


class ForecastDue(msgspec.Struct, frozen=True):
    """A merchant to forecast by a profile."""

    merchant_id: int
    profile: str


@query
async def forecasts_due(
    tx: Transaction,
    *,
    scored_since: date,
    made_before: datetime,
    profiles: Sequence[str],
    limit: int,
) -> list[ForecastDue]:
    """List who is to be forecast, the longest ago first."""


@query
async def keep_forecast(
    tx: Transaction, *, merchant: int, profile: str, now: datetime, days: str
) -> None:
    """Keep a forecast, given as JSON."""


async def forecast_daily(
    database: Database, tx: Transaction, now: datetime, *, announce: Announce
) -> int:
    """Forecast whom nobody forecast today, and warn; return how many. What is kept was said then.

    The day begins when it was learnt how the lanes stand, of which a day later less is true.

    Each merchant is read in one transaction, foreseen in none, and written in another; the step's
    own waits meanwhile. What the database cannot serve now is tried again with the next turn.
    """
    policy = load_save_policy()
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    due = await forecasts_due(
        tx, scored_since=(now - _SCORED_WITHIN).date(), made_before=today - timedelta.resolution,
        profiles=shipped(), limit=BATCH,
    )  # fmt: skip
    await let_idle(tx)
    made = 0
    try:
        for one in due:
            profile = load(one.profile)
            read = await database.run(
                OPERATOR, partial(read_ahead, profile=profile, merchant=one.merchant_id, now=now),
                snapshot=True,
            )  # fmt: skip
            told = await asyncio.to_thread(_told, read, profile, policy, one.merchant_id, now)
            await database.run(OPERATOR, partial(_keep, one, told, policy, now, announce))
            made += 1
    except Unavailable as problem:
        log.warning("foresee: %d of %d forecasts made: %s", made, len(due), problem)
    return made


def _told(
    read: Read, profile: Profile, policy: SavePolicy, merchant: int, now: datetime
) -> Telling | None:
    look = look_ahead(read, profile, merchant=merchant, now=now)
    return None if look is None else telling(profile, look, policy, now)


async def _keep(
    one: ForecastDue,
    told: Telling | None,
    policy: SavePolicy,
    now: datetime,
    announce: Announce,
    tx: Transaction,
) -> None:
    days: Sequence[object] = () if told is None else told.ahead.days
    await keep_forecast(
        tx, merchant=one.merchant_id, profile=one.profile, now=now,
        days=msgspec.json.encode(days).decode(),
    )  # fmt: skip
    if told is not None:
        await give_warnings(tx, told, policy, one.merchant_id, now, announce)
