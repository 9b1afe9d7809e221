"""Forecasts of merchants' scores held against what came: coverage, width, error, reliability.

The journeys of a world of merchants (`foresee_world`, a queue and carriers' bad weeks; it knows
nothing of the forecaster) are written to a database and read as Penstock reads its own. What is
learnt is learnt from the days before the first forecast; then every merchant is forecast every few
days, as known then, and held against its score as it came. "Same as today" is the rival. In the
world nobody tells of streams before they begin; how much better it is where merchants plan those of
the week ahead in Penstock is measured beside it. Carriers are a world's own, so few weeks of theirs
decide how well one goes: it is done in several worlds, with the seed and those after it.
"""

import asyncio
import itertools
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

import asyncpg
import numpy as np
from numpy.typing import NDArray

from benchmarks.foresee_world import LANES, Journeys, carriers, merchant
from benchmarks.result import Report
from benchmarks.server import private_server
from penstock.db.migrate import migrate
from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.experience.foresee.calibrate import taught
from penstock.experience.foresee.forecast import DayAhead, Foresight, foresee, realised
from penstock.experience.foresee.history import History, as_known, read_history
from penstock.experience.foresee.lanes import lanes_at, traffic_of
from penstock.experience.foresee.learn import Model
from penstock.experience.foresee.outlook import DAYS
from penstock.experience.foresee.save import dangers
from penstock.experience.measure.evaluate import evaluate
from penstock.experience.profiles.load import load
from penstock.experience.profiles.profile import Profile

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
PROFILE = "penstock_les"
EVERY = 10
PLANNED_DAYS = 7
GUESSED = 0.3
HORIZONS = (1, 2, 3, 5, 7, 10, 14, 21, 30)
COLUMNS = (
    "merchant_id", "fulfilment_order_id", "order_ref", "market", "ordered_at", "paid_at",
    "accepted_at", "dispatch_by_at", "deliver_by_at", "allocated_at", "released_at", "picked_at",
    "packed_at", "labelled_at", "dispatched_at", "transit_by_at", "delivered_at", "cancelled_at",
    "cancel_fault", "returned_at", "return_fault", "lost_at",
)  # fmt: skip


class Told(NamedTuple):
    """A forecast, the score as it came from its day on, and for how many days it has come."""

    days: tuple[DayAhead, ...]
    came: NDArray[np.float64]
    known: int


class World(NamedTuple):
    """What was measured in one world, and of it what is added up over worlds."""

    postgres: str
    figures: dict[str, float]
    told: list[Told]
    chances: list[tuple[str, float, bool]]


def measure(*, seed: int, quick: bool) -> Report:
    merchants, days, first, worlds = (10, 150, 110, 1) if quick else (40, 240, 150, 10)
    found = []
    for own in range(seed, seed + worlds):
        with private_server() as url:
            found.append(asyncio.run(play(url, own, merchants, days, first)))
        print(f"foresee: {found[-1].figures}", file=sys.stderr, flush=True)
    return summed(found, merchants, days)


def summed(worlds: list[World], merchants: int, days: int) -> Report:
    """Add up worlds: the figures at the top are means over them, as each has its own carriers."""
    told = [one for world in worlds for one in world.told]
    return Report(
        postgres=worlds[0].postgres,
        figures={
            "merchants": merchants, "days": days, "profile": PROFILE, "forecasts": len(told),
            "coverage_7d": _mean(worlds, "coverage_7d"),
            "error_ratio_7d": _mean(worlds, "error_ratio_7d"),
            "error_ratio_7d_streams_planned": _mean(worlds, "error_ratio_7d_streams_planned"),
            "worlds": [world.figures for world in worlds],
            "by_horizon": [_at(ahead, told) for ahead in HORIZONS],
            "reliability": _reliability([one for world in worlds for one in world.chances]),
        },
    )  # fmt: skip


def _mean(worlds: list[World], name: str) -> float:
    return round(float(np.mean([world.figures[name] for world in worlds])), 3)


async def play(url: str, seed: int, merchants: int, days: int, first: int) -> World:
    """Play a world into the database at `url`, and forecast in it."""
    await migrate(url)
    connection = await asyncpg.connect(url)
    streamed = await fill(connection, seed, merchants, days)
    postgres = str(await connection.fetchval("SHOW server_version"))
    await connection.close()
    async with await Database.open(url) as database:
        return await judge(database, postgres, seed, streamed, days, first)


async def fill(
    connection: asyncpg.Connection, seed: int, merchants: int, days: int
) -> list[NDArray[np.float64]]:
    """Write the world's journeys as known at its end; return what streams brought, by day."""
    slow = carriers(days, np.random.default_rng(seed))
    streamed = []
    # The queue of changes and its like are not measured here.
    await connection.execute("SET session_replication_role = replica")
    for number in range(1, merchants + 1):
        played = merchant(days, slow, np.random.default_rng((seed, number)))
        await connection.copy_records_to_table(
            "journey", schema_name="experience", columns=COLUMNS,
            records=records(number, played, 24.0 * days),
        )  # fmt: skip
        streamed.append(played.streamed)
    await connection.execute("ANALYZE experience.journey")
    return streamed


def records(number: int, played: Journeys, end: float) -> Iterator[tuple[object, ...]]:
    """Rows of one merchant, as known `end` hours after the start."""

    def moments(hours: NDArray[np.float64], *, known: bool = True) -> list[datetime | None]:
        limit = end if known else np.inf
        return [START + timedelta(hours=h) if h <= limit and np.isfinite(h) else None
                for h in hours.tolist()]  # fmt: skip

    ordered, cancelled = moments(played.ordered), moments(played.cancelled)
    returned = moments(played.returned)
    n = len(ordered)
    columns: list[Iterable[object]] = [
        [number] * n, range(1, n + 1), [f"{number}-{i}" for i in range(1, n + 1)],
        [LANES[lane] for lane in played.lane], ordered, ordered, moments(played.accepted),
        moments(played.dispatch_by, known=False), moments(played.deliver_by, known=False),
        moments(played.allocated), moments(played.released), moments(played.picked),
        moments(played.packed), moments(played.packed), moments(played.dispatched),
        [at if left <= end else None for at, left
         in zip(moments(played.transit_by, known=False), played.dispatched, strict=True)],
        moments(played.delivered), cancelled,
        [None if at is None else "seller" if seller else "buyer"
         for at, seller in zip(cancelled, played.cancel_by_seller, strict=True)],
        returned,
        [None if at is None else "carrier" if carrier else "buyer"
         for at, carrier in zip(returned, played.return_by_carrier, strict=True)],
        moments(played.lost),
    ]  # fmt: skip
    return zip(*columns, strict=True)


async def judge(
    database: Database,
    postgres: str,
    seed: int,
    streamed: list[NDArray[np.float64]],
    days: int,
    first: int,
) -> World:
    """Learn from what was known on day `first`, then forecast on and hold against what came."""
    profile, now = load(PROFILE), START + timedelta(days=days)
    histories = [
        await database.run(OPERATOR, partial(_whole, profile, number, now))
        for number in range(1, len(streamed) + 1)
    ]
    off = 0.0
    for number, history in enumerate(histories[:5], 1):
        exact = await database.run(OPERATOR, partial(_exact, profile, number, now))
        off = max(off, abs(float(realised(history, profile, 0.0, [0])[0]) - exact))
    assert off < 0.0051, f"what is forecast is not the score: {off}"
    began = time.perf_counter()
    model = taught([as_known(h, -24.0 * (days - first)) for h in histories], profile)
    assert model is not None
    learnt_s = time.perf_counter() - began
    began = time.perf_counter()
    traffic = traffic_of(histories)
    told, planned, chances, forecasts = [], [], [], 0
    for day in range(first, days - 7, EVERY):
        origin = -24.0 * (days - day)
        lanes = lanes_at(traffic, origin)
        for number, history in enumerate(histories):
            ahead = partial(
                foresee, history, profile, model, now=START, seed=number, origin=origin, lanes=lanes
            )
            foresight = ahead()
            came = realised(history, profile, origin, range(DAYS + 1))
            told.append(Told(foresight.days, came, days - day))
            plans = plans_of(streamed[number], day, (seed, number))
            made = ahead(planned=plans) if plans.any() else foresight
            planned.append(Told(made.days, came, days - day))
            forecasts += 1 + bool(plans.any())
            chances += _chances(history, origin, model, foresight)
    forecast_ms = (time.perf_counter() - began) / forecasts * 1e3
    week = _at(7, told)
    figures = {
        "seed": seed, "forecasts": len(told),
        "orders": int(sum(len(history.orders) for history in histories)),
        "coverage_7d": week["coverage"], "error_ratio_7d": week["error_ratio"],
        "error_ratio_7d_streams_planned": _at(7, planned)["error_ratio"],
        "learnt_from_forecasts": model.origins, "learn_s": round(learnt_s, 1),
        "forecast_ms": round(forecast_ms, 1), "widen_7d": round(float(model.widen[6]), 2),
    }  # fmt: skip
    return World(postgres, figures, told, chances)


def plans_of(streamed: NDArray[np.float64], day: int, seed: tuple[int, int]) -> NDArray[np.float64]:
    """Return what a merchant would have planned on `day`: the streams of the week ahead.

    How many orders a stream is to bring is guessed, mostly within a third of what comes.
    """
    guess = np.exp(GUESSED * np.random.default_rng((*seed, 7)).standard_normal(len(streamed)))
    plans = np.zeros(DAYS)
    coming = (streamed * guess)[day : day + PLANNED_DAYS]
    plans[: len(coming)] = coming
    return plans


async def _exact(profile: Profile, number: int, now: datetime, tx: Transaction) -> float:
    scores = await evaluate(tx, profile, as_of=now, known_to=now, merchant=number)
    return float(scores[number].points or 0)


async def _whole(profile: Profile, number: int, now: datetime, tx: Transaction) -> History:
    return await read_history(tx, profile, merchant=number, now=now, learnt_from_days=400)


def _at(ahead: int, told: list[Told]) -> dict[str, float]:
    """Hold the forecasts of one horizon against what came, where it has come."""
    rows = [
        (day.low, day.expected, day.high, one.came[0], one.came[ahead])
        for one in told
        for day in [one.days[ahead - 1]]
        if one.known >= ahead and day.expected is not None
    ]
    low, mid, high, today, then = np.array(rows, dtype=np.float64).T
    error, rival = np.abs(mid - then), np.abs(today - then)
    return {
        "days": ahead, "forecasts": len(rows),
        "coverage": round(float(((low - 0.005 <= then) & (then <= high + 0.005)).mean()), 3),
        "width_points": round(float((high - low).mean()), 2),
        "mean_error_points": round(float(error.mean()), 3),
        "same_as_today_points": round(float(rival.mean()), 3),
        "error_ratio": round(float(error.mean() / rival.mean()), 3),
        "rms_ratio": round(float(np.sqrt((error**2).mean() / (rival**2).mean())), 3),
        "bias_points": round(float((mid - then).mean()), 3),
    }  # fmt: skip


def _chances(
    history: History, origin: float, model: Model, foresight: Foresight
) -> list[tuple[str, float, bool]]:
    """Set the chance to fail that each open order was foretold beside what became of it."""
    outlooks = {o.judged.code: o for o in foresight.seen.outlooks}
    place = {code: dict(zip(history.orders[o.judged.order[o.at]].tolist(), o.at.tolist(),
                            strict=True)) for code, o in outlooks.items()}  # fmt: skip
    found = []
    for danger in dangers(history, model, foresight, origin):
        judged = outlooks[danger.metric].judged
        at = place[danger.metric][danger.order]
        if judged.entered[at] <= 0:
            failed = bool(judged.done[at] > judged.entered[at])
            found.append((danger.metric, danger.chance, failed))
    return found


def _reliability(chances: list[tuple[str, float, bool]]) -> dict[str, list[dict[str, float]]]:
    """Set each class of foretold chance beside how often it came: open orders, by metric."""
    found: dict[str, list[tuple[float, bool]]] = {}
    for code, told, failed in chances:
        found.setdefault(code, []).append((told, failed))
    edges = np.array([0, 0.01, 0.03, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0001])
    return {
        code: [
            {"told": round(float(p[inside].mean()), 4), "came": round(float(y[inside].mean()), 4),
             "orders": int(inside.sum())}
            for p, y in [(np.array([a for a, _ in pairs]), np.array([b for _, b in pairs]))]
            for low, high in itertools.pairwise(edges)
            for inside in [(p >= low) & (p < high)]
            if inside.any()
        ]
        for code, pairs in sorted(found.items())
    }  # fmt: skip
