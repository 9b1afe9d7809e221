"""`penstock score explain`, `changes` and `evidence`: where points went, and the proofs of it."""

import asyncio
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from penstock.api.experience import end_of
from penstock.api.explain import days_between
from penstock.cli.output import print_json
from penstock.cli.session import console, listing, merchant_id_of, session
from penstock.db.transaction import OPERATOR, Transaction
from penstock.experience.appeals.pack_appeal import pack_appeal
from penstock.experience.explain import wording
from penstock.experience.explain.changes import Changes
from penstock.experience.explain.changes import changes as compare
from penstock.experience.explain.evidence import Pack, gather
from penstock.experience.explain.evidence_files import files
from penstock.experience.explain.explain import Explained, Wanted
from penstock.experience.explain.explain import explain as trace
from penstock.experience.explain.peers import Standing, standing
from penstock.experience.explain.revised import Revised, revised
from penstock.experience.profiles.load import load
from penstock.experience.profiles.profile import Profile
from penstock.experience.words.vocabulary import SUB_PROCESSES
from penstock.kernel.errors import Misconfigured, NotFound

ProfileName = Annotated[str, Parameter(help="a shipped profile's name, or a TOML file")]
Day = Annotated[date | None, Parameter(help="the day whose end is looked from")]
Metric = Annotated[str, Parameter(help="only orders that failed this metric")]
Part = Annotated[str, Parameter(help="only orders that failed in this sub-process")]
Json = Annotated[bool, Parameter(help="one line of JSON")]


def explain(
    merchant: str,
    *,
    profile: ProfileName,
    as_of: Day = None,
    metric: Metric = "",
    sub_process: Part = "",
    limit: Annotated[int, Parameter(help="orders to list")] = 20,
    after: Annotated[int, Parameter(help="how many the pages before had")] = 0,
    json: Json = False,
) -> None:
    """Trace each point that a merchant lost: to its metric, its sub-process and its orders."""
    wanted = Wanted(metric=metric, sub_process=sub_process, after=after, limit=limit)
    told, place = asyncio.run(_explain(merchant, profile, as_of, wanted))
    if json:
        line = {"explained": told, "standing": place}
        print_json(line)
        return
    _print_explained(load(profile), told, place)


async def _explain(
    code: str, name: str, day: date | None, wanted: Wanted
) -> tuple[Explained, Standing | None]:
    chosen = load(name)
    async with session() as opened:
        merchant = await merchant_id_of(opened.database, code)
        at = end_of(day, opened.now)

        async def work(tx: Transaction) -> tuple[Explained | None, Standing | None]:
            told = await trace(
                tx, chosen, merchant=merchant, as_of=at, known_to=opened.now, wanted=wanted
            )
            latest = (at - timedelta(microseconds=1)).date()
            return told, await standing(tx, merchant=merchant, profile=chosen.code, day=latest)

        told, place = await opened.database.run(OPERATOR, work)
    if told is None:
        by = f"{code} had no order by {at:%Y-%m-%d %H:%M} UTC that {chosen.code} counts"
        raise NotFound(f"{by}: there is no score")
    return told, place


def _print_explained(profile: Profile, told: Explained, place: Standing | None) -> None:
    score = told.score
    points = "no score"
    if score.points is not None:
        points = f"{score.points} of {told.high}, {score.status}"
    console.print(f"{points}, as of {wording.at(told.as_of)} UTC", highlight=False)
    ranks = {} if place is None else place.metrics
    known = {metric.code: metric for metric in profile.metrics}
    table = listing("metric", "where", "counted", "lost", "set aside", "better than")
    for metric in score.metrics:
        rank = ranks.get(metric.code)
        aside = told.aside.get(metric.code, {})
        table.add_row(
            metric.code,
            SUB_PROCESSES[metric.sub_process],
            wording.counted(known[metric.code], metric),
            f"{metric.points_lost}",
            ", ".join(f"{n:,} {reason}" for reason, n in aside.items()),
            "" if rank is None or rank.percentile is None else f"{rank.percentile} %",
        )
    console.print(table)
    for part in told.unshared:
        console.print(f"{part.points} points by {part.code}: {part.because}", highlight=False)
    console.print(_rank(place), highlight=False)
    if not told.orders:
        of_these = f"no more: {told.matching:,} orders match, and --after leaves out as many"
        console.print(of_these if told.matching else "no order failed a metric")
        return
    orders = listing("order", "points", "what was missed", "fault")
    for order in told.orders:
        for n, loss in enumerate(order.losses):
            orders.add_row(
                "" if n else order.clocks.order_ref,
                f"{loss.points:.4f}",
                f"{loss.metric}: {wording.told(loss.miss)}",
                loss.miss.fault or "–",
            )
    console.print(orders)
    if told.next_after is not None:
        shown = f"{told.next_after:,} of {told.matching:,} orders shown"
        console.print(f"{shown}; go on with --after {told.next_after}", highlight=False)


def _rank(place: Standing | None) -> str:
    if place is None:
        return "no final score yet: no place among others"
    if place.score.percentile is None:
        few = f"{place.score.peers} others have a final score of {place.day} in this market"
        return f"{few}: at least {place.peers_min} are needed to tell a place"
    return (
        f"better than {place.score.percentile} % of {place.score.peers} others in this market "
        f"on {place.day}"
    )


def changes(
    merchant: str,
    *,
    profile: ProfileName,
    before_profile: Annotated[str | None, Parameter(help="if another one held then")] = None,
    since: Annotated[date | None, Parameter(help="the day before; without it, a week")] = None,
    as_of: Day = None,
    json: Json = False,
) -> None:
    """Say what changed a score between two days: orders that came, left, or are known better."""
    told = asyncio.run(_changes(merchant, profile, before_profile or profile, since, as_of))
    if json:
        print_json(told)
        return
    _print_changes(told)


async def _changes(
    code: str, name: str, before: str, since: date | None, day: date | None
) -> Changes:
    new, old = load(name), load(before)
    async with session() as opened:
        merchant = await merchant_id_of(opened.database, code)
        at = end_of(day, opened.now)
        days = days_between(since, day or opened.now.date())
        told = await opened.database.run(
            OPERATOR,
            lambda tx: compare(
                tx, old, new, merchant=merchant, until=at, days=days, known_to=opened.now
            ),
        )
    if told is None:
        by = f"{code} had no order by then that {new.code} counts"
        raise NotFound(f"{by}: there is nothing to compare with")
    return told


def _print_changes(told: Changes) -> None:
    before, after = told.before.points, told.after.points
    console.print(
        f"{wording.at(told.since)} {'no score' if before is None else before} -> "
        f"{wording.at(told.until)} {'no score' if after is None else after} UTC",
        highlight=False,
    )
    if told.change is None:
        console.print("a side has no score, so there is no difference to split")
    else:
        table = Table(box=None, header_style="bold")
        for column in ("metric", "change", "by what"):
            table.add_column(column, overflow="fold")
        for part in told.parts:
            causes = [f"{cause.replace('_', ' ')} {n:+}" for cause, n in part.by_cause.items()]
            causes += [f"rounding {part.rounding:+}"] if part.rounding else []
            table.add_row(part.code, f"{part.change:+}", ", ".join(causes))
        table.add_row("all", f"{told.change:+}", "")
        console.print(table)
    if told.orders:
        behind = listing("metric", "bad orders that", "orders", "the first of them")
        for row in told.orders:
            first = ", ".join(row.order_refs[:3])
            behind.add_row(row.metric, row.kind.replace("_", " "), f"{row.orders:,}", first)
        console.print(behind)


def revisions(
    merchant: str,
    *,
    day: Annotated[date, Parameter(help="a day of the profile's time zone")],
    profile: ProfileName = "penstock_les",
) -> None:
    """Say what was known of a day's score when, and what each later word changed."""
    told = asyncio.run(_revisions(merchant, profile, day))
    if not told:
        console.print(f"{day} was not scored by {profile}", highlight=False)
        return
    table = listing("known from (UTC)", "score", "status", "what changed")
    for row in told:
        metrics = [
            f"{m.code} {m.points:+} (counted {m.denominator:+}, set aside {m.excluded:+})"
            for m in row.metrics
        ]
        table.add_row(
            wording.at(row.known_at),
            "–" if row.points is None else f"{row.points}",
            row.status,
            "; ".join(metrics),
        )
    console.print(table)


async def _revisions(code: str, name: str, day: date) -> list[Revised]:
    chosen = load(name)
    async with session() as opened:
        merchant = await merchant_id_of(opened.database, code)
        return await opened.database.run(
            OPERATOR, lambda tx: revised(tx, merchant=merchant, profile=chosen.code, day=day)
        )


def evidence(
    merchant: str,
    *,
    out: Annotated[Path, Parameter(help="the folder to write to; made if it is not there")],
    profile: ProfileName = "penstock_les",
    as_of: Day = None,
    metric: Metric = "",
    sub_process: Part = "",
    limit: Annotated[int, Parameter(help="the costliest orders")] = 20,
    appeal: Annotated[int | None, Parameter(help="an appeal's orders and files instead")] = None,
) -> None:
    """Write the evidence for an appeal: a PDF to hand in and its tables as CSV."""
    wanted = Wanted(metric=metric, sub_process=sub_process, limit=limit)
    pack = asyncio.run(_evidence(merchant, profile, as_of, wanted, appeal))
    if not pack.proofs:
        raise NotFound(
            "no order cost points there, so there is nothing to prove;"
            f" 'penstock score explain {merchant}' shows where points went"
        )
    written = files(pack)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in written.items():
            (out / name).write_bytes(content)
    except OSError as error:
        raise Misconfigured(f"cannot write to {out}: {error.strerror}") from error
    console.print(f"{len(pack.proofs):,} orders, {len(written)} files in {out}", highlight=False)


async def _evidence(
    code: str, name: str, day: date | None, wanted: Wanted, appeal: int | None
) -> Pack:
    chosen = load(name)
    async with session() as opened:
        merchant = await merchant_id_of(opened.database, code)
        at = end_of(day, opened.now)

        async def work(tx: Transaction) -> Pack:
            if appeal is not None:
                return await pack_appeal(tx, merchant, appeal, opened.now)
            return await gather(
                tx, chosen, merchant=merchant, as_of=at, now=opened.now, wanted=wanted
            )

        return await opened.database.run(OPERATOR, work)
