"""Forecasts are made once a day, and of each danger to a band there is one warning."""

from datetime import timedelta
from functools import partial

import msgspec
import pytest

from penstock.db.outbox import announce
from penstock.experience.foresee.ahead import look_ahead, read_ahead
from penstock.experience.foresee.model import learn_daily, model_for
from penstock.experience.foresee.policy import load_save_policy
from penstock.experience.foresee.warn import TOPIC, forecast_daily, give_warnings
from penstock.experience.profiles.load import load
from penstock.experience.profiles.profile import Band

LES = load("penstock_les")
POLICY = load_save_policy()


@pytest.fixture
async def scored(tx, write, now):
    await write(days=45, a_day=6)
    await tx.fetch(
        "INSERT INTO experience.score (merchant_id, profile, day, status, score, detail)"
        " VALUES (1, 'penstock_les', $1, 'final', 90, '{}'), (1, 'gone', $1, 'final', 90, '{}')",
        now.date(),
    )


async def kept(tx, table):
    return [dict(r) for r in await tx.fetch(f"SELECT * FROM experience.{table}")]


async def test_each_merchant_is_forecast_once_a_day(tx, scored, now):
    assert await learn_daily(tx, now) == 1
    assert await model_for(tx, LES) is not None
    do = partial(forecast_daily, announce=announce)
    assert await do(tx, now) == 1
    assert await do(tx, now + timedelta(hours=1)) == 0
    (row,) = await kept(tx, "score_forecast")
    assert len(msgspec.json.decode(row["days"])) == 30
    assert await do(tx, now + timedelta(hours=21)) == 1


async def test_a_danger_is_warned_of_once_and_ends(tx, scored, now):
    look = look_ahead(await read_ahead(tx, LES, merchant=1, now=now), LES, merchant=1, now=now)
    today = float(look.foresight.scores[0, 0])
    low = min(day.expected for day in look.foresight.days[:7])
    high = max(day.expected for day in look.foresight.days[:7])

    def banded(at, chance):
        profile = msgspec.structs.replace(LES, bands=(Band(code="gold", title="Gold", at=at),))
        days = tuple(
            msgspec.structs.replace(d, below={"gold": chance}) for d in look.foresight.days
        )
        foresight = msgspec.structs.replace(look.foresight, days=days)
        return profile, msgspec.structs.replace(look, foresight=foresight)

    async def warned(at, chance, hours):
        profile, seen = banded(at, chance)
        return await give_warnings(
            tx, profile, seen, POLICY, 1, now + timedelta(hours=hours), announce
        )

    assert low <= high
    assert await warned(today + 1, 0.99, 0) == [], "a band that is not held cannot be lost"
    assert await warned(today - 1, 0.4, 1) == []
    assert await warned(today - 1, 0.6, 2) == ["gold"]
    assert await warned(today - 1, 0.9, 3) == [], "once"
    assert await warned(today - 1, 0.4, 4) == []
    assert (await kept(tx, "band_warning"))[0]["ended_at"] is None, "between the two it stands"
    assert await warned(today - 1, 0.1, 5) == []
    assert await warned(today - 1, 0.6, 6) == ["gold"], "a new danger"
    assert await warned(today + 1, 0.9, 7) == []
    assert all(row["ended_at"] for row in await kept(tx, "band_warning")), "lost: over"
    told = await tx.fetch("SELECT payload FROM outbox.events WHERE topic = $1", TOPIC)
    assert len(told) == 2
    said = msgspec.json.decode(told[0]["payload"])
    assert said["band"] == "gold"
    assert said["chance"] == 0.6
    assert said["because"]
    assert len(said["save"]) <= 3
