"""`penstock score drivers`: which part of the journey makes the difference."""

import asyncio
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from penstock.cli.experience import merchants_scored
from penstock.cli.output import print_json
from penstock.cli.session import console, listing, merchant_id_of, reckoning, session
from penstock.db.transaction import OPERATOR, Transaction
from penstock.experience.drivers.analyse import (
    AnswersByMerchant,
    DriverData,
    Drivers,
    driver_data,
)
from penstock.experience.drivers.analyse import drivers as drivers_of
from penstock.experience.profiles.load import load
from penstock.experience.profiles.profile import Profile
from penstock.experience.surveys.results import shoppers_answers
from penstock.experience.words.vocabulary import SUB_PROCESSES


def drivers(
    merchant: Annotated[str | None, Parameter(help="code; all without it")] = None,
    *,
    profile: Annotated[str, Parameter(help="a shipped profile's name, or a TOML file")] = (
        "penstock_les"
    ),
    weeks: Annotated[int, Parameter(help="how far back to look")] = 12,
    json: Annotated[bool, Parameter(help="one line")] = False,
) -> None:
    """Say what each sub-process costs, what lateness does, and how the stages hang together."""
    asyncio.run(_drivers(load(profile), merchant, weeks, json))


async def _drivers(profile: Profile, code: str | None, weeks: int, as_json: bool) -> None:
    async with session() as opened:
        who = None if code is None else await merchant_id_of(opened.database, code)

        async def work(
            tx: Transaction,
        ) -> tuple[DriverData, AnswersByMerchant, dict[int, str]]:
            data = await driver_data(tx, profile, who, weeks=weeks, as_of=opened.now)
            answers = await shoppers_answers(tx, sorted({w.merchant_id for w in data.weeks}))
            names = {m.merchant_id: m.code for m in await merchants_scored(tx)}
            return data, answers, names

        data, answers, names = await opened.database.run(OPERATOR, work, snapshot=True)
        with reckoning():  # in no transaction: the database ends one that idles for a minute
            found = drivers_of(data, profile, answers, weeks=weeks)
    if as_json:
        print_json(found)
    else:
        _print(found, names)


def _print(found: Drivers, names: dict[int, str]) -> None:
    console.print("points lost, by fair shares", style="bold")
    if found.fair_points:
        table = listing("merchant", *SUB_PROCESSES.values())
        for row in found.fair_points:
            lost = [f"{points:.2f}" for points in row.points.values()]
            table.add_row(names[row.merchant_id], *lost)
        console.print(table)
    if found.unscored or not found.fair_points:
        who = "1 merchant has" if found.unscored == 1 else f"{found.unscored} merchants have"
        console.print(f"{who} too few orders for a score")
    console.print("\nwhat lateness does to those whom it befell", style="bold")
    for one in found.lateness:
        said = one.because
        if one.effect is not None:
            e = one.effect
            said = f"{e.effect:+.3f} ({e.low:+.3f} to {e.high:+.3f}; E-value {e.e_value.limit:.2f})"
        console.print(f"  {one.treatment} on {one.outcome}: {said}", highlight=False)
    weeks = f" ({found.stages.rows} merchant-weeks)"
    console.print(Text.assemble(("\nthe chain of stages", "bold"), weeks))
    if found.stages.because:
        console.print(f"  not told: {found.stages.because}", highlight=False)
    for path, spread in zip(found.stages.paths, found.stages.spreads, strict=True):
        console.print(
            f"  {path.source} → {path.target}: {path.coefficient:+.2f}"
            f" ({spread.low:+.2f} to {spread.high:+.2f})",
            highlight=False,
        )
    for left_out in found.stages.left_out:
        console.print(f"  left out: {left_out}", highlight=False)
