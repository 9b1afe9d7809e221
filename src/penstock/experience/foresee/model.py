"""What was learnt, kept for a day: read, written, and made where there is none yet."""

from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import numpy as np

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.foresee.calibrate import taught
from penstock.experience.foresee.history import read_history
from penstock.experience.foresee.learn import Model
from penstock.experience.profiles.load import load, shipped
from penstock.experience.profiles.profile import ORDERS, Profile

TEACHERS_MAX = 40
"""Merchants that a day's lesson is drawn from: more would teach hardly more."""


@query
async def model_of(tx: Transaction, *, profile: str) -> str | None:
    """Read what was learnt of a profile last."""


@query
async def store_model(
    tx: Transaction, *, profile: str, now: datetime, merchants: int, origins: int, model: str
) -> None:
    """Keep what was learnt of a profile."""


@query
async def teachers(tx: Transaction, *, since: datetime, now: datetime, limit: int) -> list[int]:
    """List the merchants with the most orders since."""


@query
async def profiles_scored(tx: Transaction, *, since: date) -> list[str]:
    """List the profiles that somebody was scored by since."""


async def learn_daily(tx: Transaction, now: datetime) -> int:
    """Learn anew for each profile in use; return how many. The worker's, who sees all merchants."""
    learnt = 0
    for code in await profiles_scored(tx, since=now.date() - timedelta(days=3)):
        if code not in shipped():
            continue
        profile = load(code)
        since = now - timedelta(days=30)
        histories = [
            await read_history(tx, profile, merchant=merchant, now=now)
            for merchant in await teachers(tx, since=since, now=now, limit=TEACHERS_MAX)
        ]
        model = taught(histories, profile)
        if model is None:
            continue
        await store_model(
            tx, profile=code, now=now, merchants=len(histories), origins=model.origins,
            model=packed(model),
        )  # fmt: skip
        learnt += 1
    return learnt


async def model_for(tx: Transaction, profile: Profile) -> Model | None:
    """Return what was learnt of the profile, unless it has other metrics by now."""
    kept = await model_of(tx, profile=profile.code)
    model = None if kept is None else unpacked(kept)
    wanted = {ORDERS, *(metric.code for metric in profile.metrics if not metric.supplied)}
    return model if model is not None and model.experience.keys() == wanted else None


def packed(model: Model) -> str:
    """Write a model as JSON."""
    return msgspec.json.encode(model, enc_hook=_numbers).decode()


def unpacked(text: str) -> Model:
    """Read a model from JSON."""
    return msgspec.json.decode(text, type=Model, dec_hook=_array)


def _numbers(value: Any) -> Any:
    return np.round(value, 6).tolist()


def _array(_: type, value: Any) -> Any:
    return np.array(value, dtype=np.float64)
