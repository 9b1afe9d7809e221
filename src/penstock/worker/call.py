"""An effect outside, exactly once, whatever dies when."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

import msgspec

from penstock.db.query import query
from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.gateways.intent import Intent, Settled
from penstock.gateways.port import Effect, Gateways, Outcome, Request, Vendor
from penstock.lifecycle.advance import Subject
from penstock.lifecycle.claim import claim, park, put_off
from penstock.worker.identity import LOCK_CLASS
from penstock.worker.step import Call

_ASK_AGAIN = timedelta(minutes=1)
Pause = Callable[[str], None]
"""Told the name of each point at which a crash is interesting; tests die there."""


class OpenCall(msgspec.Struct, frozen=True):
    """An intent whose outcome nobody knows yet."""

    merchant_id: int
    subject_id: int
    vendor: str
    reference: str
    request: bytes


@query
async def adopt_calls(
    tx: Transaction, *, step: str, worker_id: int, lock_class: int, now: datetime, batch: int
) -> list[OpenCall]:
    """Take over the open intents of dead workers, and own ones that it is time to ask after."""


@query
async def intend(
    tx: Transaction,
    *,
    step: str,
    worker_id: int,
    now: datetime,
    merchant_ids: list[int],
    subject_ids: list[int],
    vendors: list[str],
    references: list[str],
    requests: list[bytes],
) -> None:
    """Write the intents; a subject refused before gets a new one in the place of the old."""


@query
async def settle(
    tx: Transaction,
    *,
    step: str,
    now: datetime,
    merchant_ids: list[int],
    subject_ids: list[int],
    outcomes: list[str],
) -> None:
    """Close intents whose outcome is known."""


@query
async def ask_later(
    tx: Transaction,
    *,
    step: str,
    ask_at: datetime,
    merchant_ids: list[int],
    subject_ids: list[int],
) -> None:
    """Leave intents open, to be asked after from `ask_at` on."""


@query
async def vendors(tx: Transaction, *, vendors: list[str]) -> list[Vendor]:
    """Find how vendors are reached."""


async def run_call(
    database: Database,
    gateways: Gateways,
    call: Call,
    worker_id: int,
    now: datetime,
    pause: Pause = lambda _: None,
) -> int:
    """Run one batch of `call`; return how many subjects were settled or newly intended."""

    async def begin(tx: Transaction) -> tuple[list[Intent], list[Intent], dict[str, Vendor]]:
        adopted = await adopt_calls(
            tx,
            step=call.name,
            worker_id=worker_id,
            lock_class=LOCK_CLASS,
            now=now,
            batch=call.batch,
        )
        unsure = [
            Intent(Subject(c.merchant_id, c.subject_id), c.vendor, Request(c.reference, c.request))
            for c in adopted
        ]
        fresh = await _intend(tx, call, worker_id, now)
        names = sorted({i.vendor for i in [*unsure, *fresh]})
        return unsure, fresh, {v.vendor: v for v in await vendors(tx, vendors=names)}

    unsure, fresh, reached = await database.run(OPERATOR, begin)
    pause("intended")
    answered = await _ask(gateways, reached, call.effect, unsure)
    absent = [i for i, outcome in answered if outcome.state == "absent"]
    answered = [(i, outcome) for i, outcome in answered if outcome.state != "absent"]
    answered += await _send(gateways, reached, call.effect, [*absent, *fresh])
    pause("called")
    if answered:
        await database.run(OPERATOR, lambda tx: _record(tx, call, answered, now))
    pause("recorded")
    return len(answered)


async def _intend(tx: Transaction, call: Call, worker_id: int, now: datetime) -> list[Intent]:
    subjects = await claim(
        tx, kind=call.when.kind, status=call.when.status, now=now, batch=call.batch
    )
    if not subjects:
        return []
    intents = list(await call.prepare(tx, subjects, now))
    wanted = {intent.subject for intent in intents}
    left = [subject for subject in subjects if subject not in wanted]
    await put_off(tx, left, call.when.status, now)
    await park(
        tx,
        merchant_ids=[i.subject.merchant_id for i in intents],
        subject_ids=[i.subject.subject_id for i in intents],
    )
    await intend(
        tx,
        step=call.name,
        worker_id=worker_id,
        now=now,
        merchant_ids=[i.subject.merchant_id for i in intents],
        subject_ids=[i.subject.subject_id for i in intents],
        vendors=[i.vendor for i in intents],
        references=[i.request.reference for i in intents],
        requests=[i.request.body for i in intents],
    )
    return intents


async def _record(
    tx: Transaction, call: Call, answered: Sequence[tuple[Intent, Outcome]], now: datetime
) -> None:
    known = [(i, o) for i, o in answered if o.state in {"done", "refused"}]
    unknown = [i for i, o in answered if o.state not in {"done", "refused"}]
    await settle(
        tx,
        step=call.name,
        now=now,
        merchant_ids=[i.subject.merchant_id for i, _ in known],
        subject_ids=[i.subject.subject_id for i, _ in known],
        outcomes=[o.state for _, o in known],
    )
    await ask_later(
        tx,
        step=call.name,
        ask_at=now + _ASK_AGAIN,
        merchant_ids=[i.subject.merchant_id for i in unknown],
        subject_ids=[i.subject.subject_id for i in unknown],
    )
    await call.record(tx, [Settled(i, o) for i, o in known], now)
    await put_off(tx, [i.subject for i, _ in known], call.when.status, now)


async def _ask(
    gateways: Gateways, reached: dict[str, Vendor], effect: Effect, intents: Sequence[Intent]
) -> list[tuple[Intent, Outcome]]:
    answered = []
    for vendor, group in _by_vendor(intents):
        references = sorted({i.request.reference for i in group})
        outcomes = await gateways[reached[vendor].gateway].find(reached[vendor], effect, references)
        answered += _paired(group, outcomes)
    return answered


async def _send(
    gateways: Gateways, reached: dict[str, Vendor], effect: Effect, intents: Sequence[Intent]
) -> list[tuple[Intent, Outcome]]:
    answered = []
    for vendor, group in _by_vendor(intents):
        requests = list({i.request.reference: i.request for i in group}.values())
        outcomes = await gateways[reached[vendor].gateway].send(reached[vendor], effect, requests)
        answered += _paired(group, outcomes)
    return answered


def _by_vendor(intents: Sequence[Intent]) -> list[tuple[str, list[Intent]]]:
    ordered = sorted(intents, key=lambda i: i.vendor)
    return [(vendor, list(group)) for vendor, group in groupby(ordered, key=lambda i: i.vendor)]


def _paired(intents: Sequence[Intent], outcomes: Sequence[Outcome]) -> list[tuple[Intent, Outcome]]:
    """Pair by reference; a vendor that leaves one out has not told what became of it."""
    by_reference = {outcome.reference: outcome for outcome in outcomes}
    return [
        (i, by_reference.get(i.request.reference, Outcome(i.request.reference, "unknown")))
        for i in intents
    ]
