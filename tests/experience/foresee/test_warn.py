"""Forecasts are made once a day, and of each danger to a band there is one warning."""

import threading
from datetime import timedelta

import msgspec
import pytest

from penstock.db.outbox import announce
from penstock.db.transaction import OPERATOR
from penstock.experience.foresee import forecast_daily, learn_daily
from penstock.experience.foresee.ahead import look_ahead, read_ahead
from penstock.experience.foresee.learn_daily import FORECASTS_KEPT
from penstock.experience.foresee.model import model_for
from penstock.experience.foresee.policy import load_save_policy
from penstock.experience.foresee.warn import TOPIC, give_warnings, telling
from penstock.experience.profiles.load import load
from penstock.experience.profiles.profile import Band
from penstock.journey import foreseeing

LES = load("penstock_les")
POLICY = load_save_policy()


async def kept(tx, table):
    return [dict(r) for r in await tx.fetch(f"SELECT * FROM experience.{table}")]


@pytest.fixture
async def daily(database, write_in, now):
    """Both steps as the worker runs them, on a database with one scored shop."""

    async def fill(tx):
        await write_in(tx, days=45, a_day=6)
        await tx.fetch(
            "INSERT INTO experience.score (merchant_id, profile, day, status, score, detail)"
            " VALUES (1, 'penstock_les', $1, 'final', 90, '{}'),"
            " (1, 'gone', $1, 'final', 90, '{}')",
            now.date(),
        )

    await database.run(OPERATOR, fill)
    steps = {step.name: step.do for step in foreseeing(database)}

    async def daily(name, at):
        return await database.run(OPERATOR, lambda tx: steps[name](tx, at))

    return daily


async def test_each_merchant_is_forecast_once_a_day(database, daily, now):
    assert await daily("foresee_learn", now) == 1
    assert await database.run(OPERATOR, lambda tx: model_for(tx, LES)) is not None
    assert await daily("foresee_scores", now) == 1
    assert await daily("foresee_scores", now + timedelta(hours=1)) == 0
    (row,) = await database.run(OPERATOR, lambda tx: kept(tx, "score_forecast"))
    assert len(msgspec.json.decode(row["days"])) == 30
    assert await daily("foresee_scores", now + timedelta(hours=23)) == 0
    assert await daily("foresee_scores", now + timedelta(hours=25)) == 1


async def test_what_another_version_learnt_is_not_used(database, daily, now):
    await daily("foresee_learn", now)
    change = "UPDATE experience.foresight SET model = (model::jsonb "
    for other in ("- 'lanes')::text", "|| '{\"weights\": [[[0, 0], [0, 0]]]}')::text"):
        await database.run(OPERATOR, lambda tx, other=other: tx.fetch(change + other))
        assert await database.run(OPERATOR, lambda tx: model_for(tx, LES)) is None


async def test_forecasts_are_forgotten_when_all_that_they_said_is_past(database, daily, now):
    await daily("foresee_scores", now)
    await daily("foresee_scores", now + timedelta(days=1))
    later = now + FORECASTS_KEPT + timedelta(hours=1)
    await daily("foresee_learn", later)
    (row,) = await database.run(OPERATOR, lambda tx: kept(tx, "score_forecast"))
    assert row["made_at"] == now + timedelta(days=1)


async def test_the_worker_answers_while_it_reckons(daily, now, monkeypatch):
    def aside(real):
        def reckon(*given, **named):
            assert threading.current_thread() is not threading.main_thread()
            return real(*given, **named)

        return reckon

    monkeypatch.setattr(learn_daily, "taught", aside(learn_daily.taught))
    monkeypatch.setattr(forecast_daily, "look_ahead", aside(forecast_daily.look_ahead))
    assert await daily("foresee_learn", now) == 1
    assert await daily("foresee_scores", now) == 1


async def test_a_danger_is_warned_of_once_and_ends(tx, write, now):
    await write(days=45, a_day=6)
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
        at = now + timedelta(hours=hours)
        told = telling(profile, seen, POLICY, at)
        return await give_warnings(tx, told, POLICY, 1, at, announce)

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
