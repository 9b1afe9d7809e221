"""`penstock score foresee`: where a merchant's score is going, and what to do about it first."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from penstock.cli.output import print_json
from penstock.cli.session import console, listing, merchant_id_of, reckoning, session
from penstock.db.transaction import OPERATOR
from penstock.experience.foresee.ahead import (
    Ahead,
    SaveLine,
    ahead_of,
    lines_of,
    look_ahead,
    read_ahead,
    worth_saving,
)
from penstock.experience.foresee.forecast import DayAhead
from penstock.experience.foresee.policy import SavePolicy, load_save_policy
from penstock.experience.profiles.load import load
from penstock.experience.profiles.profile import Profile
from penstock.kernel.errors import Misconfigured

_DAYS_SHOWN = (1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 30)
LIMIT_MAX = 500
_WORTH_TELLING = 0.05


def foresee(
    merchant: Annotated[str, Parameter(help="its code")],
    *,
    profile: Annotated[str, Parameter(help="a shipped profile's name, or a TOML file")],
    save: Annotated[int, Parameter(help="lines of the save list")] = 10,
    node: Annotated[int | None, Parameter(help="the save list of this node's floor alone")] = None,
    policy: Annotated[str, Parameter(help="a TOML file with actions and their minutes")] = "",
    json: Annotated[bool, Parameter(help="all days and lines, as one line")] = False,
) -> None:
    """Foresee a merchant's score for 30 days, and list what to save first."""
    if not 0 <= save <= LIMIT_MAX:
        raise Misconfigured(f"--save is 0 to {LIMIT_MAX}.")
    chosen, rules = load(profile), load_save_policy(policy)
    asyncio.run(_foresee(merchant, chosen, rules, save, node, json))


async def _foresee(
    code: str, profile: Profile, policy: SavePolicy, save: int, node: int | None, as_json: bool
) -> None:
    async with session() as opened:
        merchant, now = await merchant_id_of(opened.database, code), opened.now
        read = await opened.database.run(
            OPERATOR, lambda tx: read_ahead(tx, profile, merchant=merchant, now=now), snapshot=True
        )
        with reckoning():
            look = look_ahead(read, profile, merchant=merchant, now=now)
        if look is None and as_json:
            none = Ahead(profile=profile.code, as_of=now, score=None, open_orders=0, at_risk=0,
                         days=(), held=())  # fmt: skip
            _print_json(code, none, [])
            return
        if look is None:
            console.print(f"{code} had no orders of late: there is nothing to foresee")
            return
        ahead = ahead_of(profile, look, now)
        with reckoning():
            savings = worth_saving(profile, look, policy, save if node is None else 1_000)
        lines = await opened.database.run(
            OPERATOR,
            lambda tx: lines_of(tx, savings, merchant=merchant, now=now, node=node, limit=save),
        )
    if as_json:
        _print_json(code, ahead, lines)
        return
    _print_days(profile, code, ahead)
    _print_lines(lines)


def _print_json(code: str, ahead: Ahead, lines: list[SaveLine]) -> None:
    told = {"merchant": code, "forecast": ahead, "save": lines}
    print_json(told)


def _print_days(profile: Profile, code: str, ahead: Ahead) -> None:
    score = "no score yet" if ahead.score is None else f"{ahead.score:.2f}"
    console.print(f"{profile.title}, {code}, as of {ahead.as_of:%Y-%m-%d %H:%M} UTC: {score}",
                  highlight=False)  # fmt: skip
    table = listing("day", "expected", "9 of 10 cases", "in danger")
    for number in _DAYS_SHOWN:
        day = ahead.days[number - 1]
        table.add_row(
            f"{day.day} (+{number})",
            "–" if day.expected is None else f"{day.expected:.2f}",
            _between(day),
            _in_danger(profile, ahead, day),
        )
    console.print(table)
    console.print(f"{ahead.open_orders:,} orders with a clock running; {ahead.at_risk:,} of them"
                  " are more likely than not to fail it", highlight=False)  # fmt: skip
    if ahead.held:
        console.print(f"not foreseen, for our journeys do not tell them: {', '.join(ahead.held)}")


def _in_danger(profile: Profile, ahead: Ahead, day: DayAhead) -> str:
    """Name the bands that are held today and may be lost by then, the likeliest first."""
    held = [b for b in profile.bands if ahead.score is not None and ahead.score >= float(b.at)]
    lost = sorted((-day.below[b.code], b.code) for b in held if day.below[b.code] >= _WORTH_TELLING)
    return ", ".join(f"{code} {-chance:.0%}" for chance, code in lost) or "–"


def _between(day: DayAhead) -> str:
    if day.low is None or day.high is None:
        return f"a score in {day.scored:.0%} of cases"
    return f"{day.low:.2f} – {day.high:.2f}"


def _print_lines(lines: list[SaveLine]) -> None:
    if not lines:
        console.print("nothing to save: no open order is in danger that something can be done for")
        return
    table = listing("save", "what to do", "before (UTC)", "minutes", "points", "in danger of")
    for line in lines:
        table.add_row(
            line.order_ref,
            line.title,
            f"{line.before_at:%m-%d %H:%M}",
            f"{line.minutes:g}{'*' if line.assumed else ''}",
            f"{line.points:.3f}",
            ", ".join(f"{code} {chance:.0%}" for code, chance in line.chances.items()),
        )
    console.print(table)
    if any(line.assumed for line in lines):
        console.print("* an estimate that nobody has measured: see --policy")
