"""Put policies in force: those that come with Penstock, and an operator's own."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import FieldError, Invalid
from penstock.merchants.growth.policy import Policy
from penstock.merchants.growth.policy_file import refusals, shipped_policies


class PolicyAnswer(msgspec.Struct, frozen=True):
    """What became of one policy.

    `added`; `replaced` (it had not begun yet); `repeated` (it is so already); `begun` (one of
    that code and first day is or was in force: end it and add another); `in_the_past` (it would
    begin before today); `superseded` (a later one of the same call has its code and first day).
    """

    code: str
    effective_from: date
    outcome: str


class PolicyStored(msgspec.Struct, frozen=True):
    """A policy in its time; `effective_to` is its last day, None where it has none."""

    code: str
    effective_from: date
    effective_to: date | None
    kind: str
    origin: str
    terms: str
    because: str
    decided_by: str
    decided_at: datetime
    ended_because: str


@query
async def store_policies(
    tx: Transaction,
    *,
    codes: list[str],
    effective_from: list[date],
    effective_to: list[date | None],
    kinds: list[str],
    terms: list[str],
    origin: str,
    because: str,
    decided_by: str,
    decided_at: list[datetime],
    today: date,
) -> list[PolicyAnswer]:
    """Insert policies or replace those that may be; answer by code and first day."""


@query
async def policies_stored(tx: Transaction, *, since: date) -> list[PolicyStored]:
    """List the policies that are or will be in force on or after a day."""


async def load_policies(
    tx: Transaction, policies: Sequence[Policy], now: datetime, *, because: str, by: str
) -> list[PolicyAnswer]:
    """Put an operator's policies in force from their first day on; one answer each, in order.

    What has begun is never rewritten, so that what it decided stays explained. Of several in
    force an operator's goes before a shipped one, then that which began last.

    Raises:
        Invalid: no reason is given, or a policy breaks a rule.

    """
    wrong = [e for i, policy in enumerate(policies) for e in refusals(policy, ("policies", i))]
    if not because.strip() or not because.isprintable():
        wrong.append(FieldError("/because", "required", "say in one line why"))
    if wrong:
        raise Invalid(errors=tuple(wrong))
    return await _store(
        tx,
        policies,
        [now] * len(policies),
        now.date(),
        origin="operator",
        because=because,
        by=by,
    )


async def load_shipped_policies(tx: Transaction) -> int:
    """Write the policies that come with this version; return how many are new or changed.

    One that an operator has ended stays ended.
    """
    shipped = shipped_policies()
    begun = [datetime.combine(p.effective_from, time(), UTC) for p in shipped]
    answers = await _store(
        tx, shipped, begun, date.min, origin="shipped", because="shipped", by="penstock"
    )
    return sum(answer.outcome in {"added", "replaced"} for answer in answers)


async def _store(
    tx: Transaction,
    policies: Sequence[Policy],
    decided_at: Sequence[datetime],
    today: date,
    *,
    origin: str,
    because: str,
    by: str,
) -> list[PolicyAnswer]:
    last = {(p.code, p.effective_from): i for i, p in enumerate(policies)}
    chosen = [(policies[i], decided_at[i]) for i in sorted(last.values())]
    rows = await store_policies(
        tx,
        codes=[p.code for p, _ in chosen],
        effective_from=[p.effective_from for p, _ in chosen],
        effective_to=[p.effective_to for p, _ in chosen],
        kinds=[str(type(p).__struct_config__.tag) for p, _ in chosen],
        terms=[msgspec.json.encode(p).decode() for p, _ in chosen],
        decided_at=[at for _, at in chosen],
        origin=origin,
        because=because,
        decided_by=by,
        today=today,
    )
    by_key = {(row.code, row.effective_from): row for row in rows}
    return [
        by_key[p.code, p.effective_from]
        if last[p.code, p.effective_from] == i
        else PolicyAnswer(p.code, p.effective_from, "superseded")
        for i, p in enumerate(policies)
    ]
