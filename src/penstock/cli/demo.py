"""`penstock demo`: a livestream evening and the two weeks after it."""

import asyncio
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from penstock.cli.session import complaints, console
from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.settings import read_settings


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
    asyncio.run(_demo(seed, scale, days, json, fresh, report))


async def _demo(
    seed: int, scale: float, days: float, as_json: bool, fresh: bool, report: Path
) -> None:
    from penstock.simulation.board import Board
    from penstock.simulation.closing import print_closing, result_line
    from penstock.simulation.demo import Outcome, run_demo
    from penstock.simulation.evening import Evening, gather
    from penstock.simulation.merchant_scores import merchant_scores
    from penstock.simulation.report_page import render

    screen = complaints if as_json else console
    told: list[Evening] = []
    board = Board(screen, "A livestream evening")

    async def finish(database: Database, outcome: Outcome) -> None:
        async def work(tx: Transaction) -> Evening:
            at = outcome.scenario.curtain_at
            scores = await merchant_scores(tx, at)
            return await gather(tx, at, outcome, scores)

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
    (evening,) = told
    await asyncio.to_thread(report.write_text, render(evening), encoding="utf-8")
    print_closing(screen, evening, report)
    if as_json:
        print(result_line(evening).decode())  # noqa: T201  the one line that was asked for
    if outcome.broken or outcome.differences:
        raise SystemExit(1)
