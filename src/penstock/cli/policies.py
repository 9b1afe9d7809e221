"""`penstock policies`: what is in force, new ones from a file, an end to old ones."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from penstock.cli.session import console, listing, session
from penstock.db.transaction import OPERATOR
from penstock.kernel.errors import Invalid, NotFound
from penstock.merchants.growth.end_policy import end_policy
from penstock.merchants.growth.load_policies import (
    load_policies,
    load_shipped_policies,
    policies_stored,
)
from penstock.merchants.growth.policy import Policy
from penstock.merchants.growth.policy_file import read_policies

policies = App(name="policies", help="The policies of controlled growth.")
_BY = "command line"


@policies.command(name="list")
def list_policies(*, since: date | None = None) -> None:
    """List the policies that are or will be in force, from today or from another day."""
    asyncio.run(_list(since))


async def _list(since: date | None) -> None:
    async with session() as opened:
        day = since or opened.now.date()
        stored = await opened.database.run(OPERATOR, lambda tx: policies_stored(tx, since=day))
    table = listing("kind", "code", "from", "to", "origin", "why")
    for p in stored:
        end = "" if p.effective_to is None else str(p.effective_to)
        why = p.ended_because or p.because
        table.add_row(p.kind, p.code, str(p.effective_from), end, p.origin, why)
    console.print(table)


@policies.command
def renew() -> None:
    """Write the policies that come with this version, after an upgrade; ended ones stay ended."""
    asyncio.run(_renew())


async def _renew() -> None:
    async with session() as opened:
        changed = await opened.database.run(OPERATOR, load_shipped_policies)
    console.print(f"{changed} policies are new or changed")


@policies.command
def load(
    file: Path,
    *,
    because: Annotated[str, Parameter(help="why, for the record")],
    check: Annotated[bool, Parameter(help="only read the file")] = False,
) -> None:
    """Put the policies of a TOML file in force, each from its own first day on.

    The file is taken whole, or each policy that is wrong is told by its line.
    """
    read = read_policies(_text(file), file.name)
    if check:
        console.print(f"{len(read)} policies, none of them wrong")
    else:
        asyncio.run(_load(read, because))


async def _load(read: tuple[Policy, ...], because: str) -> None:
    async with session() as opened:
        answers = await opened.database.run(
            OPERATOR, lambda tx: load_policies(tx, read, opened.now, because=because, by=_BY)
        )
    for answer in answers:
        console.print(f"{answer.code} from {answer.effective_from}: {answer.outcome}")
    if any(answer.outcome in {"begun", "in_the_past"} for answer in answers):
        raise SystemExit(1)


@policies.command
def end(
    code: str,
    effective_from: date,
    *,
    because: Annotated[str, Parameter(help="why, for the record")],
    last_day: Annotated[date | None, Parameter(help="none: let it go on without end")] = None,
) -> None:
    """Change the last day of a policy, named by its code and first day."""
    asyncio.run(_end(code, effective_from, last_day, because))


async def _end(code: str, effective_from: date, last_day: date | None, because: str) -> None:
    async with session() as opened:
        await opened.database.run(
            OPERATOR,
            lambda tx: end_policy(
                tx, code, effective_from, last_day, opened.now, because=because, by=_BY
            ),
        )
    until = "without end" if last_day is None else f"to {last_day}"
    console.print(f"{code} from {effective_from}: {until}")


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise NotFound(f"cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{file}: not UTF-8 text; save the file as UTF-8") from error
