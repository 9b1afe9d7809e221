"""`penstock score lift`: what would lift a merchant's score, replayed on its own last weeks."""

import asyncio
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from penstock.cli.output import print_json
from penstock.cli.session import console, listing, merchant_id_of, reckoning, session
from penstock.db.transaction import OPERATOR
from penstock.experience.lift.assumptions import assuming
from penstock.experience.lift.lift import lift as lift_of
from penstock.experience.lift.lift import lift_snapshot
from penstock.experience.lift.predict import Lifted, Lifts
from penstock.experience.profiles.load import load
from penstock.experience.profiles.profile import Profile
from penstock.experience.words.vocabulary import SUB_PROCESSES
from penstock.kernel.errors import Misconfigured
from penstock.kernel.fx import eur_per_unit
from penstock.kernel.money import CURRENCIES


def lift(
    merchant: Annotated[str, Parameter(help="code")],
    *,
    profile: Annotated[str, Parameter(help="a shipped profile's name, or a TOML file")] = (
        "penstock_les"
    ),
    weeks: Annotated[int, Parameter(help="how far back to replay")] = 4,
    assume: Annotated[
        tuple[str, ...], Parameter(help="name=value instead of a default", negative="")
    ] = (),
    json: Annotated[bool, Parameter(help="one line")] = False,
) -> None:
    """Say what more pickers, another carrier, a second node and so on would have brought."""
    given = _given(assume)
    asyncio.run(_lift(load(profile), merchant, weeks, given, json))


async def _lift(
    profile: Profile, code: str, weeks: int, given: dict[str, float], as_json: bool
) -> None:
    assuming(given)  # what cannot be assumed is said before anything is read
    async with session() as opened:
        merchant = await merchant_id_of(opened.database, code)
        snapshot, measured = await opened.database.run(
            OPERATOR,
            lambda tx: lift_snapshot(tx, profile, merchant, weeks=weeks, as_of=opened.now),
            snapshot=True,
        )
        with reckoning():
            found = lift_of(
                snapshot, measured, profile, weeks=weeks, given=given,
                eur_per_unit=eur_per_unit(opened.now.date()),
            )  # fmt: skip
    if as_json:
        print_json(found)
    else:
        _print(profile, weeks, found, given)


def _print(profile: Profile, weeks: int, found: Lifts, given: dict[str, float]) -> None:
    console.print(
        f"{profile.title}: {found.points:.2f}, {found.status}\n"
        f"{found.orders:,} orders of the last {weeks} weeks, replayed",
        highlight=False,
    )
    for one in found.lifted:
        _print_one(one)
    if found.not_told:
        console.print("\nnothing can be said of:")
        for silent in found.not_told:
            console.print(f"  {silent.kind}: {silent.because}", highlight=False)
    if found.held:
        console.print(f"\nleft as measured: {', '.join(found.held)}", highlight=False)
    used = sorted({name for one in found.lifted for name in one.money.assumed})
    if used:
        console.print("\nassumed (replace with --assume name=value):")
        assumed, table = assuming(given), listing("name", "value", "unit")
        for name in used:
            table.add_row(name, f"{assumed[name].value:g}", assumed[name].unit)
        console.print(table)


def _print_one(one: Lifted) -> None:
    console.print(
        Text.assemble(
            "\n",
            (f"{one.points:+.2f}", "bold"),
            f"  {one.lever.title}\n        9 times in 10 from {one.low:+.2f} to {one.high:+.2f}",
        )
    )
    parts = [
        f"{SUB_PROCESSES[code]} {points:+.2f}"
        for code, points in one.sub_processes.items()
        if abs(points) >= 0.01
    ]
    if parts:
        console.print(f"        {', '.join(parts)}", highlight=False)
    money = one.money
    console.print(
        f"        costs {_amount(money.cost_minor, money.currency)}, saves"
        f" {_amount(money.gain_minor, money.currency)}"
        f" ({_amount(money.low_minor, money.currency)} to"
        f" {_amount(money.high_minor, money.currency)})",
        highlight=False,
    )
    for word, bands in (("reaches", one.bands_gained), ("loses", one.bands_lost)):
        if bands:
            console.print(f"        {word} the band {', '.join(bands)}", highlight=False)


def _amount(minor: int, currency: str) -> str:
    digits = CURRENCIES.get(currency, 2)
    return f"{minor / 10**digits:,.{digits}f} {currency}"


def _given(assume: tuple[str, ...]) -> dict[str, float]:
    given = {}
    for text in assume:
        name, _, value = text.partition("=")
        try:
            given[name] = float(value)
        except ValueError:
            raise Misconfigured(f"--assume {text}: write name=number") from None
    return given
