"""An effect outside, exactly once, whatever dies when."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby

import msgspec

from penstock.db.query import query
from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.gateways.intent import Intent, Settled
from penstock.gateways.port import Effect, Gateway, Gateways, Outcome, Request, Vendor
from penstock.kernel.errors import Unavailable
from penstock.lifecycle.advance import Subject
from penstock.lifecycle.claim import claim, park, put_off
from penstock.worker.identity import LOCK_CLASS
from penstock.worker.poison import Report, halved, set_aside, troubles
from penstock.worker.step import Call

log = logging.getLogger(__name__)
_ASK_AGAIN = timedelta(minutes=1)
_ASK_BROKEN_AGAIN = timedelta(hours=1)
Answered = tuple[Intent, Outcome]
Conversation = Callable[[Gateway, Vendor, Sequence[Intent]], Awaitable[Sequence[Outcome]]]
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


class _Opened(msgspec.Struct):
    """What one worker has in hand: what it must ask after, what is new, and whom to reach."""

    unsure: list[Intent] = msgspec.field(default_factory=list)
    fresh: list[Intent] = msgspec.field(default_factory=list)
    reached: dict[str, Vendor] = msgspec.field(default_factory=dict)


async def run_call(
    database: Database,
    gateways: Gateways,
    call: Call,
    worker_id: int,
    now: datetime,
    pause: Pause = lambda _: None,
    report: Report | None = None,
) -> int:
    """Run one batch of `call`; return how many subjects were settled or newly intended.

    With `report` a subject whose preparation or recording breaks by a bug is set aside and
    reported, and the others go on; without, the bug is raised.
    """
    opened = _Opened()
    claimed: list[Subject] = []

    async def begin(size: int) -> int:
        async def work(tx: Transaction) -> tuple[list[Intent], list[Intent], list[Vendor]]:
            claimed.clear()
            unsure = await _adopt(tx, call, worker_id, now, size)
            fresh = await _intend(tx, call, worker_id, now, size, claimed)
            names = sorted({i.vendor for i in [*unsure, *fresh]})
            return unsure, fresh, await vendors(tx, vendors=names)

        unsure, fresh, reached = await database.run(OPERATOR, work)
        opened.unsure += unsure
        opened.fresh += fresh
        opened.reached |= {vendor.vendor: vendor for vendor in reached}
        return len(claimed)

    if report is None:
        await begin(call.batch)
    else:
        aside = partial(set_aside, database, report, call.name, call.when.status)
        await halved(begin, call.batch, claimed, lambda error: aside(list(claimed), error, now))
    pause("intended")
    each = partial(_each, gateways, opened.reached, forgiving=report is not None)
    answered = await each(opened.unsure, _find(call.effect))
    absent = [i for i, outcome in answered if outcome.state == "absent"]
    answered = [(i, outcome) for i, outcome in answered if outcome.state != "absent"]
    answered += await each([*absent, *opened.fresh], _do(call.effect))
    pause("called")
    if answered:
        await _keep(database, call, answered, now, report)
    pause("recorded")
    return len(answered)


async def _adopt(
    tx: Transaction, call: Call, worker_id: int, now: datetime, batch: int
) -> list[Intent]:
    adopted = await adopt_calls(
        tx, step=call.name, worker_id=worker_id, lock_class=LOCK_CLASS, now=now, batch=batch
    )
    return [
        Intent(Subject(c.merchant_id, c.subject_id), c.vendor, Request(c.reference, c.request))
        for c in adopted
    ]


async def _intend(
    tx: Transaction, call: Call, worker_id: int, now: datetime, batch: int, claimed: list[Subject]
) -> list[Intent]:
    subjects = await claim(tx, kind=call.when.kind, status=call.when.status, now=now, batch=batch)
    claimed.extend(subjects)
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


async def _keep(
    database: Database,
    call: Call,
    answered: Sequence[Answered],
    now: datetime,
    report: Report | None,
) -> None:
    """Record what vendors answered; where a bug breaks that, halve it until the poison is alone.

    What broke stays open, for the effect is there: it is asked after and recorded again later.
    """
    try:
        await database.run(OPERATOR, lambda tx: _record(tx, call, answered, now))
    except Unavailable:
        raise
    except Exception as error:  # whatever a bug in recording raises
        if report is None:
            raise
        if len(answered) > 1:
            half = len(answered) // 2
            await _keep(database, call, answered[:half], now, report)
            await _keep(database, call, answered[half:], now, report)
            return
        ((intent, _),) = answered
        log.exception("step %s could not record %s", call.name, intent.subject)
        told = troubles(call.name, [intent.subject], error)

        async def leave_open(tx: Transaction) -> None:
            await _ask_after(tx, call, [intent], now + _ASK_BROKEN_AGAIN)
            await report(tx, told, now)

        await database.run(OPERATOR, leave_open)


async def _record(tx: Transaction, call: Call, answered: Sequence[Answered], now: datetime) -> None:
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
    await _ask_after(tx, call, unknown, now + _ASK_AGAIN)
    await call.record(tx, [Settled(i, o) for i, o in known], now)
    await put_off(tx, [i.subject for i, _ in known], call.when.status, now)


async def _ask_after(tx: Transaction, call: Call, intents: Sequence[Intent], at: datetime) -> None:
    await ask_later(
        tx,
        step=call.name,
        ask_at=at,
        merchant_ids=[i.subject.merchant_id for i in intents],
        subject_ids=[i.subject.subject_id for i in intents],
    )


def _find(effect: Effect) -> Conversation:
    async def find(
        gateway: Gateway, vendor: Vendor, intents: Sequence[Intent]
    ) -> Sequence[Outcome]:
        return await gateway.find(vendor, effect, sorted({i.request.reference for i in intents}))

    return find


def _do(effect: Effect) -> Conversation:
    async def send(
        gateway: Gateway, vendor: Vendor, intents: Sequence[Intent]
    ) -> Sequence[Outcome]:
        requests = list({i.request.reference: i.request for i in intents}.values())
        return await gateway.send(vendor, effect, requests)

    return send


async def _each(
    gateways: Gateways,
    reached: dict[str, Vendor],
    intents: Sequence[Intent],
    talk: Conversation,
    *,
    forgiving: bool,
) -> list[Answered]:
    """Talk to all vendors at once, so that a slow one delays nobody else.

    Where we are `forgiving`, a bug in talking to one leaves its outcomes unknown: they are asked
    after.
    """

    async def one(name: str, group: Sequence[Intent]) -> list[Answered]:
        vendor = reached[name]
        try:
            outcomes = await talk(gateways[vendor.gateway], vendor, group)
        except Exception:  # a gateway raises nothing for what the network does: this is a bug
            if not forgiving:
                raise
            log.exception("talking to %s broke through the gateway %r", name, vendor.gateway)
            outcomes = ()
        return _paired(group, outcomes)

    told = await asyncio.gather(*(one(name, group) for name, group in _by_vendor(intents)))
    return [answer for answers in told for answer in answers]


def _by_vendor(intents: Sequence[Intent]) -> list[tuple[str, list[Intent]]]:
    ordered = sorted(intents, key=lambda i: i.vendor)
    return [(vendor, list(group)) for vendor, group in groupby(ordered, key=lambda i: i.vendor)]


def _paired(intents: Sequence[Intent], outcomes: Sequence[Outcome]) -> list[Answered]:
    """Pair by reference; a vendor that leaves one out has not told what became of it."""
    by_reference = {outcome.reference: outcome for outcome in outcomes}
    return [
        (i, by_reference.get(i.request.reference, Outcome(i.request.reference, "unknown")))
        for i in intents
    ]
