"""Learn anew once a day: read in one transaction, learn in none, write in another."""

import asyncio
import logging
from datetime import date, datetime, timedelta
from functools import partial

from penstock.db.let_idle import let_idle
from penstock.db.query import query
from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.experience.foresee.calibrate import taught
from penstock.experience.foresee.history import History, read_history
from penstock.experience.foresee.learn import Model
from penstock.experience.foresee.model import packed, store_model
from penstock.experience.profiles.load import load, shipped
from penstock.experience.profiles.profile import Profile
from penstock.kernel.errors import Unavailable

log = logging.getLogger(__name__)

TEACHERS_MAX = 40
"""Merchants that a day's lesson is drawn from: more would teach hardly more."""
FORECASTS_KEPT = timedelta(days=60)
"""A forecast reaches 30 days; after as many more all that it said has come and been looked at."""
_SCORED_WITHIN = timedelta(days=3)
_SOLD_WITHIN = timedelta(days=30)


@query
async def profiles_scored(tx: Transaction, *, since: date) -> list[str]:
    """List the profiles that somebody was scored by since."""


@query
async def teachers(tx: Transaction, *, since: datetime, now: datetime, limit: int) -> list[int]:
    """List the merchants with the most orders since."""


@query
async def forget_forecasts(tx: Transaction, *, before: datetime) -> int | None:
    """Delete forecasts that were made before; return how many."""


async def learn_daily(database: Database, tx: Transaction, now: datetime) -> int:
    """Learn anew for each profile in use; return how many. The worker's, who sees all merchants.

    The step's own transaction waits meanwhile and keeps other workers out. Old forecasts are
    forgotten on the way. What the database cannot serve now is left for the next day: orders do
    not wait for it.
    """
    codes = await profiles_scored(tx, since=(now - _SCORED_WITHIN).date())
    await let_idle(tx)
    try:
        await database.run(
            OPERATOR,
            lambda own: forget_forecasts(own, before=now - FORECASTS_KEPT),
        )
        return sum([await _learn(database, code, now) for code in codes if code in shipped()])
    except Unavailable as problem:
        log.warning("foresee: nothing learnt: %s", problem)
        return 0


async def _learn(database: Database, code: str, now: datetime) -> bool:
    profile = load(code)
    histories = await database.run(OPERATOR, partial(_lesson, profile, now), snapshot=True)
    model = await asyncio.to_thread(taught, histories, profile)
    if model is not None:
        await database.run(OPERATOR, partial(_keep, code, now, len(histories), model))
    return model is not None


async def _lesson(profile: Profile, now: datetime, tx: Transaction) -> list[History]:
    """Read the histories that teach."""
    return [
        await read_history(tx, profile, merchant=merchant, now=now)
        for merchant in await teachers(tx, since=now - _SOLD_WITHIN, now=now, limit=TEACHERS_MAX)
    ]


async def _keep(code: str, now: datetime, merchants: int, model: Model, tx: Transaction) -> None:
    await store_model(
        tx, profile=code, now=now, merchants=merchants, origins=model.origins, model=packed(model)
    )
