"""What is foreseen: from what was known then alone, by the score's own count, always the same."""

from datetime import timedelta
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from penstock.experience.foresee.ahead import ahead_of, look_ahead, read_ahead
from penstock.experience.foresee.calibrate import taught
from penstock.experience.foresee.chances import tally_due, tally_flow
from penstock.experience.foresee.forecast import foresee, realised
from penstock.experience.foresee.history import as_known, read_history
from penstock.experience.foresee.learn import glance, learn, lesson_of, model_from, origins_of
from penstock.experience.foresee.model import packed, unpacked
from penstock.experience.measure.evaluate import evaluate
from penstock.experience.profiles.load import load, shipped

LES = load("penstock_les")


def differ(one, other, where=""):
    """Where two structures hold other numbers."""
    if isinstance(one, msgspec.Struct):
        fields = one.__struct_fields__
        return [
            d for f in fields for d in differ(getattr(one, f), getattr(other, f), f"{where}.{f}")
        ]
    if isinstance(one, tuple | list):
        return [
            d for i, p in enumerate(zip(one, other, strict=True)) for d in differ(*p, f"{where}{i}")
        ]
    if isinstance(one, np.ndarray):
        alike = one.shape == other.shape and np.allclose(one, other, equal_nan=True, atol=1e-6)
        return [] if alike else [where]
    return [] if one == other else [where]


@pytest.mark.parametrize("name", shipped())
async def test_today_is_scored_as_it_is_everywhere(tx, write, now, name):
    await write(days=50, a_day=4)
    profile = msgspec.structs.replace(load(name), channel="", markets=())
    at = now - timedelta(days=3)
    history = await read_history(tx, profile, merchant=1, now=now)
    found = realised(history, profile, 0.0, [0])[0]
    exact = (await evaluate(tx, profile, as_of=now, known_to=now, merchant=1))[1].points
    assert exact is None or abs(found - float(exact)) < 0.0051, (found, exact)
    earlier = realised(history, profile, -72.0, [0])[0]
    exact = (await evaluate(tx, profile, as_of=at, known_to=now, merchant=1))[1].points
    assert exact is None or abs(earlier - float(exact)) < 0.0051, (earlier, exact)


async def test_a_look_from_the_past_knows_nothing_of_what_came_after(tx, write, now):
    await write(days=60, a_day=6)
    history = await read_history(tx, LES, merchant=1, now=now)
    experience = learn([history]).experience
    for days in (10, 31):
        then = glance(history, experience, -24.0 * days)
        alone = glance(as_known(history, -24.0 * days), experience, 0.0)
        told = [d for d in differ(then, alone) if not d.endswith("course")]
        told = [d for d in told if ".judged" not in d and not d.endswith(".at")]
        assert not told


async def test_what_is_learnt_from_a_part_of_the_past_knows_nothing_of_the_rest(tx, write, now):
    await write(days=75, a_day=5)
    lesson = lesson_of([await read_history(tx, LES, merchant=1, now=now)])
    first, last = -24.0 * 40, -24.0 * 15
    kept = np.flatnonzero((lesson.origins <= first) | (lesson.origins >= last))
    assert 0 < len(kept) < len(lesson.origins)
    alone = msgspec.structs.replace(
        lesson,
        origins=lesson.origins[kept],
        told=tuple(lesson.told[i] for i in kept),
        missed={code: tuple(pairs[i] for i in kept) for code, pairs in lesson.missed.items()},
    )
    assert not differ(model_from(lesson, (first, last)), model_from(alone))


async def test_what_is_not_decided_yet_is_no_success(tx, write, now):
    await write(days=60)
    history = await read_history(tx, LES, merchant=1, now=now)
    then = as_known(history, -24.0)
    for judged, known in zip(history.judged, then.judged, strict=True):
        if judged.kind == "due":
            one, other = tally_due(history, judged, -24.0), tally_due(then, known, 0.0)
            assert (one.seen == other.seen).all()
            assert (one.failed == other.failed).all()
        elif judged.kind == "flow":
            tally = tally_flow(judged, 0.0)
            young = (judged.entered > -24 * 5) & (judged.entered <= 0) & (judged.done > 0)
            assert tally.seen[5] <= tally.seen[0] - young.sum()


async def test_a_forecast_is_the_same_each_time_and_surer_of_tomorrow(tx, write, now):
    await write(days=45, a_day=6)
    history = await read_history(tx, LES, merchant=1, now=now)
    model = taught([history], LES)
    one, two = (foresee(history, LES, model, now=now, seed=7) for _ in range(2))
    assert one.days == two.days
    again = foresee(history, LES, unpacked(packed(model)), now=now, seed=7)
    for day, kept in zip(one.days, again.days, strict=True):
        assert day.low <= day.expected <= day.high
        assert abs(day.expected - kept.expected) < 0.5
    assert one.days[0].high - one.days[0].low < one.days[13].high - one.days[13].low
    today = realised(history, LES, 0.0, [0])[0]
    assert np.allclose(one.scores[:, 0], today)


async def test_a_shop_that_is_never_late_stays_at_its_score(tx, now):
    for day in range(40):
        at = now - timedelta(days=40 - day)
        await tx._connection.executemany(
            "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref,"
            " ordered_at, paid_at, accepted_at, dispatch_by_at, deliver_by_at, dispatched_at,"
            " delivered_at) VALUES (1, $1, 'o', $2, $2, $2, $3, $4, $5, $6)",
            [
                (day * 10 + n + 1, at, at + timedelta(days=2), at + timedelta(days=5),
                 at + timedelta(hours=9) if day < 40 else None,
                 at + timedelta(days=2) if day < 38 else None)
                for n in range(10)
            ],
        )  # fmt: skip
    look = look_ahead(await read_ahead(tx, LES, merchant=1, now=now), LES, merchant=1, now=now)
    ahead = ahead_of(LES, look, now)
    assert ahead.score == 100
    assert all(day.expected > 97 for day in ahead.days)


async def test_without_orders_nothing_is_foreseen(tx, write, now):
    assert (
        look_ahead(await read_ahead(tx, LES, merchant=9, now=now), LES, merchant=9, now=now) is None
    )
    await write(days=1, a_day=1)
    look = look_ahead(await read_ahead(tx, LES, merchant=1, now=now), LES, merchant=1, now=now)
    days = ahead_of(LES, look, now).days
    assert len(days) == 30
    assert all(0 <= day.scored <= 1 for day in days)


async def test_streams_that_are_planned_come_on_top(tx, write, make, now):
    merchant = await make.merchant()
    await write(merchant)
    before = await read_ahead(tx, LES, merchant=merchant, now=now)
    at = now + timedelta(days=3, hours=1)
    await tx.fetch(
        "INSERT INTO streams.stream (merchant_id, code, title, country, starts_at, ends_at,"
        " expected_orders) VALUES ($1, 's', 'S', 'US', $2, $3, 500)",
        merchant, at, at + timedelta(hours=2),
    )  # fmt: skip
    after = await read_ahead(tx, LES, merchant=merchant, now=now)
    assert before.streams.sum() == 0
    assert after.streams.tolist() == [0, 0, 0, 500.0, *[0] * 26]


@pytest.mark.parametrize(("days", "oldest"), [(20, None), (100, 73), (2_000, 337)])
def test_the_past_that_teaches_has_an_end(days, oldest):
    """An order of years ago would have a day of every week since then looked out from."""
    history = SimpleNamespace(orders=[1], reached=[np.array([-24.0 * days])])
    origins = origins_of(history)
    assert (-min(origins) / 24 if origins else None) == oldest
