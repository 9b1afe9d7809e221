"""`penstock history` and `penstock score`: what merchants' customers experienced."""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import App, Parameter
from rich.progress import Progress
from rich.table import Table

from penstock.api.experience import end_of
from penstock.cli.output import print_json
from penstock.cli.score_plot import draw_score
from penstock.cli.session import Session, console, listing, merchant_id_of, session
from penstock.db.query import query
from penstock.db.transaction import OPERATOR, Transaction
from penstock.experience.journeys import olist
from penstock.experience.journeys.import_history import Imported, import_past_orders
from penstock.experience.journeys.past_order import BadRow, PastOrder
from penstock.experience.measure.evaluate import evaluate
from penstock.experience.profiles.load import load
from penstock.experience.profiles.profile import Profile
from penstock.experience.profiles.profile_rules import DAYS_MAX
from penstock.experience.scores.score import Score
from penstock.kernel.errors import Misconfigured
from penstock.merchants.register import register

_BATCH = 2_000
history = App(name="history", help="Past orders of other systems.")
score = App(name="score", help="Scores: how merchants' orders were served, and why.")


class Named(msgspec.Struct, frozen=True):
    """A merchant's number and code."""

    merchant_id: int
    code: str


@query
async def merchants_scored(tx: Transaction) -> list[Named]:
    """List the merchants, by code."""


@history.command(name="import")
def import_history(
    folder: Path,
    *,
    format: Annotated[Literal["olist"], Parameter(help="of the files")] = "olist",  # noqa: A002  the flag's name
) -> None:
    """Take in past orders with their real milestones, sellers as merchants; twice is once."""
    if not folder.is_dir():
        raise Misconfigured(f"{folder} is no folder: name the one with the {format} files.")
    asyncio.run(_import(folder, format))


async def _import(folder: Path, source: str) -> None:
    added = changed = unchanged = 0
    bad: list[BadRow] = []
    async with session() as opened:
        rows = olist.read(folder, opened.now)
        with Progress(console=console) as progress:
            bar = progress.add_task("importing past orders", total=None)
            for batch in _batches(rows, bad):
                result = await _write(opened, source, batch)
                added += result.added
                changed += result.changed
                unchanged += result.unchanged
                progress.update(bar, advance=len(batch))
            progress.update(bar, total=added + changed + unchanged)
    console.print(f"{added:,} past orders added, {changed:,} changed, {unchanged:,} unchanged")
    if bad:
        rows_of = "1 row" if len(bad) == 1 else f"{len(bad):,} rows"
        console.print(f"{rows_of} could not be used{'; the first:' if len(bad) > 10 else ':'}")
        for row in bad[:10]:
            console.print(f"  {row.file} line {row.line}: {row.detail}", highlight=False)


def _batches(rows: Iterator[PastOrder | BadRow], bad: list[BadRow]) -> Iterator[list[PastOrder]]:
    while some := list(islice(rows, _BATCH)):
        bad += [row for row in some if isinstance(row, BadRow)]
        yield [row for row in some if isinstance(row, PastOrder)]


async def _write(opened: Session, source: str, batch: list[PastOrder]) -> Imported:
    async def work(tx: Transaction) -> Imported:
        codes = sorted({order.merchant for order in batch})
        known = await register(tx, codes=codes, country="BR", now=opened.now)
        ids = {merchant.code: merchant.merchant_id for merchant in known}
        return await import_past_orders(tx, source, [(ids[o.merchant], o) for o in batch])

    return await opened.database.run(OPERATOR, work)


@score.default
def score_merchants(
    *,
    profile: Annotated[str, Parameter(help="a shipped profile's name, or a TOML file")],
    as_of: Annotated[date | None, Parameter(help="the day whose end is looked from")] = None,
    merchant: Annotated[str | None, Parameter(help="code; all without it")] = None,
    window_days: Annotated[int | None, Parameter(help="instead of the profile's; 0: all")] = None,
    anywhere: Annotated[bool, Parameter(help="orders of all channels and markets")] = False,
    json: Annotated[bool, Parameter(help="one line a merchant")] = False,
    plot: Annotated[
        Path | None, Parameter(help="draw the merchant's score: a .html, .svg or .png")
    ] = None,
) -> None:
    """Score merchants by a profile: each metric with what it counted, and the score."""
    chosen = load(profile)
    if window_days is not None:
        if not 0 <= window_days <= DAYS_MAX:
            raise Misconfigured(f"--window-days is 1 to {DAYS_MAX}, or 0 for all that is known.")
        chosen = chosen.over(window_days)
    if anywhere:
        chosen = chosen.anywhere()
    if plot is not None:
        draw_score(chosen, plot, merchant, as_of)
        return
    asyncio.run(_score(chosen, as_of, merchant, json))


async def _score(profile: Profile, day: date | None, code: str | None, as_json: bool) -> None:
    async with session() as opened:
        at = end_of(day, opened.now)
        merchant = None if code is None else await merchant_id_of(opened.database, code)
        scores, names = await opened.database.run(
            OPERATOR, lambda tx: _evaluate(tx, profile, at, opened.now, merchant)
        )
    if as_json:
        _print_json(profile, at, scores, names)
    else:
        _print_scores(profile, at, scores, names)


async def _evaluate(
    tx: Transaction, profile: Profile, at: datetime, known_to: datetime, merchant: int | None
) -> tuple[dict[int, Score], dict[int, str]]:
    scores = await evaluate(tx, profile, as_of=at, known_to=known_to, merchant=merchant)
    return scores, {m.merchant_id: m.code for m in await merchants_scored(tx)}


def _print_json(
    profile: Profile, at: datetime, scores: dict[int, Score], names: dict[int, str]
) -> None:
    for merchant_id in sorted(scores, key=lambda m: names[m]):
        line = {
            "merchant": names[merchant_id],
            "profile": profile.code,
            "as_of": at,
            "score": scores[merchant_id].points,
            **msgspec.to_builtins(scores[merchant_id], builtin_types=(Decimal,)),
        }
        print_json(line)


def _print_scores(
    profile: Profile, at: datetime, scores: dict[int, Score], names: dict[int, str]
) -> None:
    console.print(f"{profile.title}, as of {at:%Y-%m-%d %H:%M} UTC", highlight=False)
    if not scores:
        console.print("no merchant had an order by then: there is nothing to score")
        return
    table = listing("merchant", "score", "status", "orders", "lost most by")
    for merchant_id in sorted(scores, key=lambda m: names[m]):
        scored = scores[merchant_id]
        worst = max(scored.metrics, key=lambda m: m.points_lost, default=None)
        table.add_row(
            names[merchant_id],
            _points(scored.points),
            scored.status,
            f"{scored.orders:,}",
            f"{worst.code} {-worst.points_lost}" if worst and worst.points_lost > 0 else "–",
        )
    console.print(table)
    if len(scores) > 1:
        console.print("for each metric add --merchant CODE, or --json")
        return
    (scored,) = scores.values()
    console.print(_metrics(profile, scored))


def _metrics(profile: Profile, scored: Score) -> Table:
    """List what each metric counted, in its own unit: a part of a whole, or a mean."""
    means = {m.code: m.unit for d in profile.dimensions for m in d.metrics if m.quantity}
    table = listing("metric", "counted", "value", "points", "lost")
    for metric in scored.metrics:
        counted, value = f"{metric.numerator:,} of {metric.denominator:,}", "–"
        if metric.code in means:
            counted = f"mean of {metric.denominator:,}"
        if metric.value is not None and metric.code in means:
            value = f"{metric.value:,.2f} {means[metric.code]}".rstrip()
        elif metric.value is not None:
            value = f"{metric.value:.2%}"
        table.add_row(
            metric.code,
            counted if metric.denominator else "nothing yet",
            value,
            _points(metric.points),
            f"{metric.points_lost}",
        )
    return table


def _points(points: Decimal | None) -> str:
    return "–" if points is None else f"{points}"
