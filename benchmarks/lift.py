"""Lift: what each lever is predicted to bring, against what it brings when the world has it.

The twin plays a livestream evening and the two weeks after it, with too few pickers, a slow cheap
carrier and a slow connection to the channel. From that play alone each lever's gain is predicted.
Then the same evening is played again, same seed, with the lever really pulled: more pickers on the
floor, the other carrier's contract, orders that come at once, stock at a second node, an earlier
van. The realised change of the score is the difference of the two plays. The twin is Penstock
itself at work with simulated people and vendors: the prediction knows nothing of its parameters.

`realised` has the twin's own luck in it: a play with another carrier draws other parcels to be
late, and no prediction can know which. A lever is therefore judged over several evenings, by the
means of what was predicted and realised; how single evenings went, and how far apart they lie
(`realised_spread`, a standard deviation), is beside it.
"""

import asyncio
import statistics
import tempfile
from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.result import Report
from penstock.db.query import query
from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.experience.lift.assumptions import shipped
from penstock.experience.lift.columns import columns_of
from penstock.experience.lift.levers import Lever
from penstock.experience.lift.lift import lift_snapshot
from penstock.experience.lift.money import in_one_currency
from penstock.experience.lift.past import past_of
from penstock.experience.lift.predict import lifts
from penstock.experience.lift.snapshot import Snapshot
from penstock.experience.measure.evaluate import evaluate
from penstock.experience.profiles.load import load
from penstock.experience.scores.points import Count
from penstock.kernel.fx import eur_per_unit
from penstock.settings import Settings
from penstock.simulation.demo import Outcome, run_demo
from penstock.simulation.scenario import Lane, Scenario, Seller, Sku, livestream_evening

PROFILE = "penstock_les"
WEEKS = 4
DAYS = 14.0
SCALE = 0.05
STOCK = 2.5
ORDERS = 700
"""Of the merchant that is looked at, about."""
EVENINGS = 5
SYNC = timedelta(minutes=45)
NEWARK, RENO = "newark", "reno"
CHEAP = Lane("plodder", NEWARK, "US", "saver", 520, 1190, "USD", 4)
DEAR = Lane("swift", NEWARK, "US", "ground", 690, 1490, "USD", 3)
RENO_LANE = Lane("swift", RENO, "US", "ground", 500, 1190, "USD", 3)

Change = Callable[[Scenario], Scenario]


class Played(msgspec.Struct, frozen=True):
    """What a play left: the score with its parts, and what a prediction is made from."""

    points: float
    parts: dict[str, float]
    snapshot: Snapshot
    measured: dict[str, Count]
    nodes: dict[str, int]


def world() -> Scenario:
    """Return an evening at which one floor and its carrier are not up to what is sold."""
    evening = livestream_evening(SCALE, DAYS)
    aurora = evening.sellers[0]
    nodes = {node.code: node for node in evening.nodes}
    replace = msgspec.structs.replace
    shift = {"opens": time(8), "closes": time(17), "cut_off": time(13), "orders_per_hour": 100}
    return replace(
        evening,
        nodes=(
            replace(nodes[NEWARK], pickers=1, **shift),
            replace(nodes[RENO], pickers=2, **shift),
        ),
        lanes=(CHEAP, RENO_LANE),
        sellers=(
            replace(
                aurora, nodes=(NEWARK,), hold=timedelta(0), demand_share=0.67, sync=SYNC,
                skus=stocked(aurora, {NEWARK: 1.0}),
            ),
            replace(
                aurora, code="dahlia", title="Dahlia", nodes=(RENO,), hold=timedelta(0),
                demand_share=0.33, skus=stocked(aurora, {RENO: 1.0}),
            ),
        ),
    )  # fmt: skip


def stocked(seller: Seller, shares: dict[str, float]) -> tuple[Sku, ...]:
    """Lay all of a seller's stock where `shares` says."""
    return tuple(
        msgspec.structs.replace(
            sku,
            ring_fenced=0,
            units={
                node: max(1, round(STOCK * sum(sku.units.values()) * share))
                for node, share in shares.items()
            },
        )
        for sku in seller.skus
    )


def halved(skus: tuple[Sku, ...]) -> tuple[Sku, ...]:
    """Lay half of what will be asked for at the cheaper node, which is used up first."""
    asked = ORDERS * 1.13 * 1.06  # lines of other SKUs an order, units a line: as shoppers buy
    whole = sum(sku.weight for sku in skus)
    return tuple(
        msgspec.structs.replace(
            sku, units={**sku.units, RENO: max(1, round(asked * sku.weight / whole / 2))}
        )
        for sku in skus
    )


def with_sellers(scenario: Scenario, **fields: object) -> Scenario:
    first, *others = scenario.sellers
    return msgspec.structs.replace(
        scenario, sellers=(msgspec.structs.replace(first, **fields), *others)
    )


def with_newark(scenario: Scenario, **fields: object) -> Scenario:
    first, *others = scenario.nodes
    return msgspec.structs.replace(
        scenario, nodes=(msgspec.structs.replace(first, **fields), *others)
    )


def pulled(scenario: Scenario) -> dict[str, Scenario]:
    """Return the world with each lever really pulled."""
    aurora = scenario.sellers[0]
    half = halved(aurora.skus)
    return {
        "pickers": with_newark(scenario, pickers=2),
        "carrier": msgspec.structs.replace(scenario, lanes=(DEAR, RENO_LANE)),
        "sync": with_sellers(scenario, sync=timedelta(0)),
        "second_node": with_sellers(scenario, nodes=(NEWARK, RENO), skus=half),
        "cut_off": with_newark(scenario, cut_off=time(9)),
    }


def levers(nodes: dict[str, int]) -> dict[str, Lever]:
    """Return the same levers as the prediction knows them."""
    newark, reno = nodes[NEWARK], nodes[RENO]
    return {
        "pickers": Lever(kind="pickers", title="one more picker", node_id=newark, more=1),
        "carrier": Lever(
            kind="carrier", title="swift", node_id=newark, country="US", vendor="swift"
        ),
        "sync": Lever(kind="sync", title="at once", within_s=60),
        "second_node": Lever(
            kind="second_node", title="half from reno", node_id=newark, country="US",
            to_node_id=reno, vendor="swift",
        ),
        "cut_off": Lever(kind="cut_off", title="4 h earlier", node_id=newark, hours_earlier=4),
    }  # fmt: skip


@query
async def twin_ids(tx: Transaction) -> list[int]:
    """Return the merchant's number, then those of the two nodes."""


async def played(scenario: Scenario, seed: int, folder: Path) -> Played:
    """Play an evening from its beginning and read what it left."""
    told: list[Played] = []

    async def finish(database: Database, outcome: Outcome) -> None:
        assert not outcome.broken, outcome.broken[:3]
        at = outcome.scenario.curtain_at

        async def work(tx: Transaction) -> Played:
            merchant, newark, reno = await twin_ids(tx)
            profile = load(PROFILE)
            snapshot, measured = await lift_snapshot(tx, profile, merchant, weeks=WEEKS, as_of=at)
            over = profile.over(7 * WEEKS)
            scored = (await evaluate(tx, over, as_of=at, known_to=at, merchant=merchant))[merchant]
            return Played(
                float(scored.points or 0),
                {part.code: float(-part.points_lost) for part in scored.sub_processes},
                snapshot,
                dict(measured),
                {NEWARK: newark, RENO: reno},
            )

        told.append(await database.run(OPERATOR, work))

    async def watch(*_: object) -> None:
        return None

    settings = Settings(data_folder=folder)
    await run_demo(
        settings, seed=seed, scale=SCALE, days=DAYS, fresh=True, watch=watch, finish=finish,
        staged=scenario,
    )  # fmt: skip
    return told[0]


async def compared(seed: int, names: tuple[str, ...], folder: Path) -> dict[str, Any]:
    scenario = world()
    before = await played(scenario, seed, folder)
    known = levers(before.nodes)
    turned, currency = in_one_currency(before.snapshot, eur_per_unit(before.snapshot.as_of.date()))
    said = lifts(
        past_of(turned), load(PROFILE).over(7 * WEEKS), before.measured, shipped(),
        currency=currency, seed=seed, levers=[known[name] for name in names],
    )  # fmt: skip
    rows: dict[str, dict[str, Any]] = {}
    for name in names:
        after = await played(pulled(scenario)[name], seed, folder)
        (one,) = [found for found in said.lifted if found.lever.kind == name]
        realised = after.points - before.points
        rows[name] = {
            "predicted": one.points,
            "low": one.low,
            "high": one.high,
            "realised": round(realised, 2),
            "off_percent": round(100 * abs(one.points - realised) / max(abs(realised), 0.01), 1),
            "inside": one.low <= realised <= one.high,
            "predicted_parts": one.sub_processes,
            "realised_parts": {
                code: round(after.parts[code] - before.parts[code], 2) for code in before.parts
            },
        }
    served = columns_of(before.snapshot.orders)
    return {
        "seed": seed,
        "orders": len(served.node),
        "score": before.points,
        "parts": before.parts,
        "held": said.held,
        "levers": rows,
    }


def over_evenings(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Judge a lever by the means of what its evenings predicted and brought."""
    predicted, realised = (
        statistics.mean(row[what] for row in rows) for what in ("predicted", "realised")
    )
    spread = statistics.stdev(row["realised"] for row in rows) if len(rows) > 1 else 0.0
    return {
        "predicted": round(predicted, 2),
        "realised": round(realised, 2),
        "realised_spread": round(spread, 2),
        "off_percent": round(100 * abs(predicted - realised) / max(abs(realised), 0.01), 1),
    }


def measure(*, seed: int, quick: bool) -> Report:
    """Predict and play each lever on several evenings (one lever on one, if `quick`)."""
    names = ("pickers",) if quick else ("pickers", "carrier", "second_node", "sync", "cut_off")
    runs = []
    for one in range(seed, seed + (1 if quick else EVENINGS)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            folder.chmod(0o711)
            runs.append(asyncio.run(compared(one, names, folder)))
    judged = {name: over_evenings([run["levers"][name] for run in runs]) for name in names}
    off = [row["off_percent"] for row in judged.values()]
    alone = [row["off_percent"] for run in runs for row in run["levers"].values()]
    return Report(
        figures={
            "evenings": len(runs),
            "levers_judged": len(off),
            "within_20_percent": sum(1 for one in off if one <= 20),
            "off_percent_mean": round(sum(off) / len(off), 1),
            "off_percent_worst": max(off),
            "evenings_alone_judged": len(alone),
            "evenings_alone_within_20_percent": sum(1 for one in alone if one <= 20),
            "levers": judged,
            "runs": runs,
        }
    )
