"""`penstock demo`: a livestream evening and the two weeks after it."""

import asyncio
import time
from pathlib import Path
from typing import Annotated

import uvloop
from cyclopts import Parameter
from rich.text import Text

from penstock import __version__
from penstock.cli.output import print_line
from penstock.cli.session import complaints, console
from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.kernel.errors import Misconfigured
from penstock.settings import read_settings

_SCALE_MAX = 1_000
_DAYS_MAX = 366


def demo(
    *,
    seed: int = 1,
    scale: Annotated[float, Parameter(help="of orders, stock and floors; 1 is the whole")] = 1.0,
    days: Annotated[float, Parameter(help="of virtual time")] = 14,
    json: Annotated[bool, Parameter(help="end with one line of JSON")] = False,
    fresh: Annotated[bool, Parameter(help="do not take up an unfinished play")] = False,
    report: Annotated[Path, Parameter(help="where the page goes")] = Path("report.html"),
) -> None:
    """Play a livestream evening and two weeks of virtual time, then audit, score and report.

    A play that was interrupted goes on where it was.
    """
    if not (0 < scale <= _SCALE_MAX and 0 < days <= _DAYS_MAX):
        most = f"--scale to {_SCALE_MAX}, --days to {_DAYS_MAX}"
        raise Misconfigured(f"use a --scale and --days above 0: {most}.")
    if not report.absolute().parent.is_dir():
        raise Misconfigured(f"there is no folder {report.parent} for the report: make it first.")
    uvloop.run(_demo(seed, scale, days, json, fresh, report))


async def _demo(
    seed: int, scale: float, days: float, as_json: bool, fresh: bool, report: Path
) -> None:
    from penstock.simulation.board import Board
    from penstock.simulation.closing import print_closing, result_line
    from penstock.simulation.demo import Outcome, run_demo
    from penstock.simulation.evening import Audit, Evening, MerchantScore, Run, gather
    from penstock.simulation.merchant_scores import merchant_scores
    from penstock.simulation.report_page import render

    screen = complaints if as_json else console
    told: list[tuple[Evening, list[MerchantScore]]] = []
    begun = time.monotonic()
    board = Board(screen, "A livestream evening")

    async def finish(database: Database, outcome: Outcome) -> None:
        async def work(tx: Transaction) -> tuple[Evening, list[MerchantScore]]:
            at = outcome.scenario.curtain_at
            evening = await gather(tx, at, turned_away=outcome.turned_away)
            return evening, await merchant_scores(tx, at)

        told.append(await database.run(OPERATOR, work))

    with board:
        outcome = await run_demo(
            read_settings(),
            seed=seed,
            scale=scale,
            days=days,
            fresh=fresh,
            watch=board.show,
            finish=finish,
            resumed=lambda p: screen.print(f"taking up the play of seed {p.seed} at tick {p.tick}"),
        )
    ((evening, scores),) = told
    audit = Audit(
        differences=len(outcome.differences),
        looks=outcome.looks,
        broken=tuple(f"{b.invariant} at {b.at:%d %b %H:%M}: {b.detail}" for b in outcome.broken),
    )
    run = Run(
        title=outcome.scenario.title,
        command=_command(seed, scale, days),
        version=__version__,
        seed=seed,
        seconds=round(time.monotonic() - begun, 1),
        peak_mib=round(outcome.peak_mib, 1),
    )
    page = render(evening, scores=scores, audit=audit, run=run)
    await asyncio.to_thread(report.write_text, page, encoding="utf-8")
    print_closing(screen, evening, scores=scores, audit=audit)
    screen.print(Text.assemble("\n the whole evening with its pictures: ", (str(report), "bold")))
    if as_json:
        print_line(result_line(evening, audit, run).decode())
    if outcome.broken or outcome.differences:
        raise SystemExit(1)


def _command(seed: int, scale: float, days: float) -> str:
    words = ["penstock demo", f"--seed {seed}"]
    words += [f"--scale {scale:g}"] if scale != 1 else []
    words += [f"--days {days:g}"] if days != 14 else []
    return " ".join(words)
