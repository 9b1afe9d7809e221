"""What was learnt, kept for a day: read and written."""

from datetime import datetime
from typing import Any

import msgspec
import numpy as np

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.foresee.learn import Model
from penstock.experience.foresee.outlook import DAYS
from penstock.experience.foresee.signs import SIGNS
from penstock.experience.profiles.profile import ORDERS, Profile


@query
async def model_of(tx: Transaction, *, profile: str) -> str | None:
    """Read what was learnt of a profile last."""


@query
async def store_model(
    tx: Transaction, *, profile: str, now: datetime, merchants: int, origins: int, model: str
) -> None:
    """Keep what was learnt of a profile."""


async def model_for(tx: Transaction, profile: Profile) -> Model | None:
    """Return what was learnt of the profile, unless it has other metrics by now.

    What another version of Penstock has learnt is not used either, until the day's lesson.
    """
    kept = await model_of(tx, profile=profile.code)
    if kept is None:
        return None
    try:
        model = unpacked(kept)
    except msgspec.ValidationError:
        return None
    wanted = {ORDERS, *(metric.code for metric in profile.metrics if not metric.supplied)}
    fits = model.weights.shape == (len(model.codes), DAYS, SIGNS)
    return model if fits and model.experience.keys() == wanted else None


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
