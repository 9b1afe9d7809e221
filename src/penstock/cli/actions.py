"""`penstock actions`: what scores do to merchants, and the operator's word on it."""

import asyncio
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from penstock.cli.session import console, listing, merchant_id_of, session
from penstock.db.transaction import OPERATOR
from penstock.kernel.errors import Misconfigured, NotFound
from penstock.merchants.growth.decide_actions import ActionDecision, Decision, decide_actions
from penstock.merchants.growth.list_actions import ActionShown, actions_shown

actions = App(name="actions", help="What scores do to merchants: proposed, done, undone.")
Because = Annotated[str, Parameter(help="why, for the record and for the merchant")]
State = Literal["proposed", "applied", "rejected", "withdrawn", "reverted"]
_BY = "command line"
LIMIT_MAX = 1_000
_SAID = {
    "applied": "approved and done",
    "rejected": "rejected; nothing was done",
    "reverted": "reverted: what was before is in force again",
    "repeated": "it is so already; nothing was changed",
    "changed_since": "nothing was done: what it began from, or made, has changed since",
    "not_proposed": "nothing was done: it does not wait for a decision",
    "not_applied": "nothing was done: it is not in effect",
    "invalid": "nothing was done: give the reason in one line",
}


@actions.command(name="list")
def list_actions(
    *,
    merchant: Annotated[str | None, Parameter(help="code; all without it")] = None,
    state: Annotated[State | None, Parameter(help="only these")] = None,
    limit: Annotated[int, Parameter(help="how many, the newest")] = 50,
) -> None:
    """List acts with score, day and reason, the newest first."""
    if not 1 <= limit <= LIMIT_MAX:
        raise Misconfigured(f"--limit is 1 to {LIMIT_MAX}.")
    asyncio.run(_list(merchant, state or "", limit))


async def _list(code: str | None, state: str, limit: int) -> None:
    async with session() as opened:
        whose = None if code is None else await merchant_id_of(opened.database, code)
        found = await opened.database.run(
            OPERATOR,
            lambda tx: actions_shown(tx, merchant=whose, state=state, batch=limit),
        )
    if not found:
        console.print("no such act" if code or state else "no acts: nothing has changed so far")
        return
    table = listing("id", "merchant", "what", "state", "score", "day", "why")
    for act in found:
        table.add_row(
            str(act.action_id),
            act.merchant,
            _what(act),
            act.state,
            "–" if act.score is None else f"{act.score:g}",
            str(act.day or "–"),
            act.because,
        )
    console.print(table)


@actions.command
def approve(merchant: str, action: int, *, because: Because) -> None:
    """Do what is proposed for a merchant (its code), by the act's id."""
    asyncio.run(_decide(merchant, action, "approve", because))


@actions.command
def reject(merchant: str, action: int, *, because: Because) -> None:
    """Turn a proposal down."""
    asyncio.run(_decide(merchant, action, "reject", because))


@actions.command
def revert(merchant: str, action: int, *, because: Because) -> None:
    """Undo an act: what was in force before it is again, unless that has changed since."""
    asyncio.run(_decide(merchant, action, "revert", because))


async def _decide(code: str, action: int, decision: Decision, because: str) -> None:
    async with session() as opened:
        decided = ActionDecision(
            merchant_id=await merchant_id_of(opened.database, code),
            action_id=action,
            decision=decision,
            because=because,
        )
        (answer,) = await opened.database.run(
            OPERATOR, lambda tx: decide_actions(tx, [decided], opened.now, by=_BY)
        )
    if answer.outcome == "unknown_action":
        raise NotFound(f"{code} has no act {action}; 'penstock actions list' shows them")
    console.print(f"act {action} of {code}: {_SAID[answer.outcome]}", highlight=False)
    if answer.outcome not in {"applied", "rejected", "reverted", "repeated"}:
        raise SystemExit(1)


def _what(act: ActionShown) -> str:
    spoken = act.kind.replace("_", " ")
    return f"{spoken}: {_value(act.before)} → {_value(act.wanted)}"


def _value(value: Any) -> str:
    match value:
        case None:
            return "none"
        case {"tier": tier}:
            return str(tier)
        case {"daily_cap": cap, "percent": percent}:
            return f"{cap} a day ({percent} %)"
        case _:
            return str(value)
