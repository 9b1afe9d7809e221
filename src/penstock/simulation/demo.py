"""The demo: set the stage, build the world, play, audit, score, report."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from penstock import lending
from penstock.app import gateways_of, prepare, worker_of
from penstock.db.transaction import OPERATOR, Database
from penstock.kernel.clock import VirtualClock
from penstock.settings import Settings
from penstock.simulation.auditor import Auditor, Broken
from penstock.simulation.books import Books
from penstock.simulation.chance import Chance
from penstock.simulation.client import Client
from penstock.simulation.evening_rows import Refused
from penstock.simulation.floor import Floor
from penstock.simulation.healing import healing
from penstock.simulation.memory import proportional_mib
from penstock.simulation.outside import Outside
from penstock.simulation.play import Cast, play
from penstock.simulation.position import Position, read_position, write_position
from penstock.simulation.scenario import Scenario, livestream_evening
from penstock.simulation.shoppers import Sent, demand
from penstock.simulation.stage import Stage, serving
from penstock.simulation.vendor_app import VendorApp
from penstock.simulation.vendors import Vendors
from penstock.simulation.world import Keys, build
from penstock.worker.identity import Identity

_OBSERVES = {"pass_on", "fold_journeys", "score_days"}
"""Steps that only read what others wrote: they run beside them, as a second worker would."""
_LEFT_OUT = {"foresee_learn", "foresee_scores"}
"""Steps that work for those who ask for a forecast, and of an evening nobody does."""
_WATCHES = "escalate"
"""The step that is due by the hour even where nobody acts, for a deadline passes by itself."""
_SAMPLED_EVERY_S = 4.0
"""Reading what a process shares costs it, too."""
_SET_UP_ATTEMPTS = 6

T = TypeVar("T")

Watch = Callable[[Database, datetime, float], Awaitable[None]]
"""Told the database, the virtual time and the share done, after each tick."""


class Outcome(msgspec.Struct, frozen=True):
    """How a play ended: what the auditor and the audit found, and what it took."""

    position: Position
    scenario: Scenario
    looks: int
    broken: tuple[Broken, ...]
    differences: tuple[lending.Difference, ...]
    turned_away: tuple[Refused, ...]
    peak_mib: float


async def run_demo(
    settings: Settings,
    *,
    seed: int,
    scale: float = 1.0,
    days: float = 14,
    fresh: bool = False,
    watch: Watch,
    finish: Callable[[Database, Outcome], Awaitable[None]],
    resumed: Callable[[Position], None] = lambda _: None,
    staged: Scenario | None = None,
) -> Outcome:
    """Play the evening from its beginning, or from where an unfinished play was stopped.

    `finish` is called at the end, while the database still runs. `staged` is another evening than
    the demo's; `scale` and `days` then only name it.
    """
    folder = settings.data_folder / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "position.json"
    position = _position(path, seed, scale, days, fresh=fresh)
    new = position.tick == 0 and position.phase == "people"
    if new:
        for old in folder.glob("books.sqlite*"):
            old.unlink()
        (folder / "clock").unlink(missing_ok=True)
        write_position(path, position)
    else:
        resumed(position)
    scenario = livestream_evening(scale, days) if staged is None else staged
    stage = Stage(settings, folder)
    try:
        await stage.open_server()
        await _set_up(stage, partial(stage.open_database, fresh=new))
        clock = VirtualClock(stage.clock_file, scenario.sets_up_at)
        return await _perform(stage, scenario, clock, position, path, watch, finish)
    finally:
        await stage.close()


def _position(path: Path, seed: int, scale: float, days: float, *, fresh: bool) -> Position:
    last = read_position(path)
    if last is None or fresh or last.finished:
        return Position(seed, scale, days)
    if (last.seed, last.scale, last.days) != (seed, scale, days):
        return Position(seed, scale, days)
    return last


async def _perform(
    stage: Stage,
    scenario: Scenario,
    clock: VirtualClock,
    position: Position,
    path: Path,
    watch: Watch,
    finish: Callable[[Database, Outcome], Awaitable[None]],
) -> Outcome:
    chance = Chance(position.seed)
    books = Books(path.with_name("books.sqlite"))
    vendors = Vendors(scenario, chance)
    memory = _Memory(stage)
    sampling = asyncio.create_task(memory.watch())
    opened = partial(Database.open, stage.url, connections_max=4)
    async with (
        serving(VendorApp(books, vendors, chance)) as endpoint,
        await _set_up(stage, opened) as database,
        Identity(stage.url) as identity,
        gateways_of() as gateways,
    ):

        async def prepared() -> tuple[Keys, list[Sent]]:
            await prepare(stage.url)
            keys = await database.run(OPERATOR, lambda tx: build(tx, scenario, chance, endpoint))
            return keys, demand(scenario, chance)

        async def audited() -> list[lending.Difference]:
            return await database.run(OPERATOR, lending.audit)

        (keys, sent), _ = await asyncio.gather(
            _set_up(stage, prepared), _set_up(stage, stage.open_api)
        )
        auditor = Auditor(database, books)
        cast = Cast(
            _outside(scenario, chance, books, stage, keys, sent),
            _floors(scenario, chance, books, vendors, stage, keys),
            worker_of(
                database, identity, gateways, steps=lambda name: name not in _OBSERVES | _LEFT_OUT
            ),
            worker_of(database, identity, gateways, steps=lambda name: name == _WATCHES),
            worker_of(database, identity, gateways, steps=lambda name: name in _OBSERVES),
            auditor,
        )
        ended = await play(
            scenario, cast, clock, position, path, stage.heal,
            lambda now, done: watch(database, now, done),
        )  # fmt: skip
        differences = await healing(audited, stage.heal)
        sampling.cancel()
        outcome = Outcome(
            ended,
            scenario,
            auditor.looks,
            tuple(auditor.broken),
            tuple(differences),
            tuple(Refused(*row) for row in books.turned_away()),
            memory.peak_mib,
        )
        await healing(lambda: finish(database, outcome), stage.heal)
        books.close()
        return outcome


async def _set_up(stage: Stage, act: Callable[[], Awaitable[T]]) -> T:
    """Do a part of setting up, again if the database dies; what fails for good is known soon."""
    return await healing(act, stage.heal_server, stage.broken, attempts=_SET_UP_ATTEMPTS)


class _Memory:
    """Samples what all processes of the play take together."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.peak_mib = 0.0

    async def watch(self) -> None:
        while True:
            now = await asyncio.to_thread(proportional_mib, self._stage.pids)
            self.peak_mib = max(self.peak_mib, now)
            await asyncio.sleep(_SAMPLED_EVERY_S)


def _outside(
    scenario: Scenario,
    chance: Chance,
    books: Books,
    stage: Stage,
    keys: Keys,
    sent: Sequence[Sent],
) -> Outside:
    return Outside(
        scenario,
        chance,
        books,
        sent,
        {code: Client(stage.line, key) for code, key in keys.merchants.items()},
        {code: Client(stage.line, key) for code, key in keys.vendors.items()},
    )


def _floors(
    scenario: Scenario,
    chance: Chance,
    books: Books,
    vendors: Vendors,
    stage: Stage,
    keys: Keys,
) -> list[Floor]:
    return [
        Floor(
            Client(stage.line, keys.floors[node.code]),
            keys.nodes[node.code],
            node,
            chance,
            books,
            vendors,
        )
        for node in scenario.nodes
    ]
