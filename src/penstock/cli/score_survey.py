"""`penstock score survey`: ask merchants and shoppers how it was, and read what they said."""

import asyncio
import secrets
from typing import Annotated, Literal

import msgspec
from cyclopts import App, Parameter
from rich.text import Text

from penstock.cli.output import print_json, print_line
from penstock.cli.session import console, listing, merchant_id_of, session
from penstock.db.transaction import OPERATOR
from penstock.experience.surveys.invite import DAYS_MAX, INVITATIONS_MAX, Round, invite
from penstock.experience.surveys.results import SurveyResult, survey_results
from penstock.kernel.errors import Misconfigured

survey = App(name="survey", help="The questionnaire on logistics service quality.")


@survey.command
def send(
    audience: Literal["merchant", "shopper"],
    *,
    round: Annotated[str, Parameter(help="its name: nobody is asked twice in one")],  # noqa: A002  the flag's name
    merchant: Annotated[str | None, Parameter(help="code; whose shoppers, or this one alone")] = (
        None
    ),
    valid_days: Annotated[int, Parameter(help="how long a link is good")] = 14,
    delivered_days: Annotated[int, Parameter(help="shoppers of orders delivered so lately")] = 7,
    json: Annotated[bool, Parameter(help="one line an invitation")] = False,
) -> None:
    """Invite whom the round has not asked yet; print each link, for the only time."""
    for name, days in (("--valid-days", valid_days), ("--delivered-days", delivered_days)):
        if not 1 <= days <= DAYS_MAX:
            raise Misconfigured(f"{name} is 1 to {DAYS_MAX}.")
    asked = Round(
        round=round, audience=audience, valid_days=valid_days, delivered_days=delivered_days
    )
    asyncio.run(_send(asked, merchant, json))


async def _send(asked: Round, code: str | None, as_json: bool) -> None:
    async with session() as opened:
        who = None if code is None else await merchant_id_of(opened.database, code)
        invited = await opened.database.run(
            OPERATOR, lambda tx: invite(tx, asked, who, opened.now, draw=secrets.token_bytes)
        )
    for one in invited:
        line = msgspec.json.encode(one).decode() if as_json else f"{one.name}  {one.path}"
        print_line(line)
    if as_json:
        return
    more = "; ask again for the rest" if len(invited) == INVITATIONS_MAX else ""
    console.print(f"{len(invited)} invited; the links are in the outbox, too{more}")


@survey.command
def results(
    *,
    merchant: Annotated[str | None, Parameter(help="code; all without it")] = None,
    round: Annotated[str | None, Parameter(help="a round; all without it")] = None,  # noqa: A002  the flag's name
    json: Annotated[bool, Parameter(help="one line an audience")] = False,
) -> None:
    """Show each dimension's mean with its error, and whether its items agree."""
    asyncio.run(_results(merchant, round, json))


async def _results(code: str | None, named: str | None, as_json: bool) -> None:
    async with session() as opened:
        who = None if code is None else await merchant_id_of(opened.database, code)
        found = await opened.database.run(
            OPERATOR, lambda tx: survey_results(tx, merchant=who, round=named, shown_from=1)
        )
    if as_json:
        for one in found:
            print_json(one)
        return
    if not found:
        console.print("nobody was asked yet: penstock score survey send", highlight=False)
    for one in found:
        _print(one)


def _print(one: SurveyResult) -> None:
    lined = f", {one.straight_lined} of them one number throughout" if one.straight_lined else ""
    told = f": {one.answered} of {one.asked} answered{lined}"
    console.print(Text.assemble((f"{one.audience}s", "bold"), told))
    if one.withheld:
        console.print(f"  {one.withheld}")
        return
    table = listing("dimension", "answers", "mean of 7", "±", "points", "alpha")
    for row in one.dimensions:
        table.add_row(
            row.code,
            str(row.respondents),
            _number(row.mean, 2),
            _number(row.std_error, 2),
            _number(row.points, 0),
            _number(row.cronbach_alpha, 2) + ("" if row.reliable in {True, None} else " (low)"),
        )
    console.print(table)


def _number(value: float | None, decimals: int) -> str:
    return "–" if value is None else f"{value:.{decimals}f}"
