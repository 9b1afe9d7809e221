"""The control tower over HTTP: what is stuck, what waits, what differs, what is owed."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get
from litestar.params import QueryParameter

from penstock import journey, lending
from penstock.api.caller import actor_of, merchant_of, require
from penstock.api.context import Here, MerchantCode
from penstock.api.scale import POLICY, exposed, scale_of
from penstock.db.query import query
from penstock.db.transaction import OPERATOR, Transaction
from penstock.kernel.errors import FieldError, Invalid
from penstock.ledger.statement import Balance, statement
from penstock.lifecycle.claim import Waiting, backlog
from penstock.lifecycle.states import STATUSES
from penstock.tracking.escalate import OpenException, exceptions
from penstock.worker.broken import BrokenStep, broken_steps

Http = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(ge=1, le=10_000)]
Since = Annotated[date, QueryParameter(description="the first day, UTC")]
Until = Annotated[date, QueryParameter(description="the day after the last, UTC")]


class Due(msgspec.Struct, frozen=True):
    """How many subjects of a status a worker could move now, and how long the oldest waits."""

    kind: str
    status: str
    subjects: int
    oldest_s: float


@query
async def outbox_waiting(tx: Transaction) -> int | None:
    """Count the events that nobody has been told yet."""


@get("/v1/exceptions", summary="What somebody should look at")
async def list_exceptions(
    request: Http, context: Here, code: MerchantCode = None, limit: Limit = 500
) -> Sequence[OpenException]:
    """List what is stuck, of all merchants or of the one named, the longest overdue first."""
    principal = await context.callers.identify(request)
    require(principal, "operator")
    whose = None if code is None else await merchant_of(context.database, principal, code)
    return await context.database.run(OPERATOR, lambda tx: exceptions(tx, whose, limit=limit))


@get("/v1/audit", summary="Hold all counters against their ledgers")
async def run_audit(request: Http, context: Here) -> Sequence[lending.Difference]:
    """Recompute stock and money from their ledgers and list what differs, which is nothing."""
    require(await context.callers.identify(request), "operator")
    return await context.database.run(OPERATOR, lending.audit)


@get("/v1/backlog", summary="What waits for workers")
async def show_backlog(request: Http, context: Here) -> Sequence[Due]:
    """Count what is due by kind and status."""
    require(await context.callers.identify(request), "operator")
    now = context.now()
    return due(await context.database.run(OPERATOR, partial(backlog, now=now)), now)


@get("/v1/broken-steps", summary="Timed steps that break")
async def list_broken_steps(request: Http, context: Here) -> Sequence[BrokenStep]:
    """List the timed steps whose last turn broke by a bug, since when, and why.

    Each is tried again, within the hour; the others go on meanwhile.
    """
    require(await context.callers.identify(request), "operator")
    return await context.database.run(OPERATOR, broken_steps)


@get("/metrics", media_type="text/plain; version=0.0.4", summary="Metrics for Prometheus")
async def show_metrics(request: Http, context: Here) -> str:
    """Tell the backlog, how many processes it wants, and how full this one is."""
    require(await context.callers.identify(request), "operator")
    now = context.now()
    receipt = request.app.state.get("receipt")
    own = receipt.metrics() if receipt else []

    async def work(tx: Transaction) -> str:
        signal = await journey.scale_signal(tx, now, POLICY.lead)
        broken = len(await broken_steps(tx))
        lines = exposition(due(signal.waiting, now), await outbox_waiting(tx) or 0, broken)
        return "\n".join([*lines, *exposed(scale_of(signal)), *own, ""])

    return await context.database.run(OPERATOR, work)


@get("/v1/statement", summary="What a merchant's accounts did")
async def show_statement(
    request: Http, context: Here, since: Since, until: Until, code: MerchantCode = None
) -> Sequence[Balance]:
    """Sum what was posted in a period by account, reason and currency."""
    principal = await context.callers.identify(request)
    merchant_id = await merchant_of(context.database, principal, code)
    if until <= since:
        detail = f"the period ends on {until}, before it begins on {since}"
        raise Invalid(detail, errors=(FieldError("/until", "out_of_range", detail),))
    from_at, to_at = (datetime.combine(day, time(), UTC) for day in (since, until))
    return await context.database.run(
        actor_of(principal), lambda tx: statement(tx, merchant_id, from_at, to_at)
    )


def due(waits: Iterable[Waiting], now: datetime) -> list[Due]:
    """Return the backlog in the order of the journey, with a zero where nothing waits.

    What waits for workers is always there: a series that comes and goes scales nothing.
    """
    found = {(w.kind, w.status): w for w in waits}
    return [
        Due(s.kind, s.status, waiting.subjects, (now - waiting.oldest_at).total_seconds())
        if (waiting := found.get((s.kind, s.status)))
        else Due(s.kind, s.status, 0, 0)
        for s in STATUSES
        if s.waits_for == "worker" or (s.kind, s.status) in found
    ]


def exposition(waiting: Iterable[Due], outbox: int, broken_steps: int) -> list[str]:
    """Write the backlog in Prometheus' text format, version 0.0.4, line by line."""
    rows = list(waiting)
    labels = [f'{{kind="{row.kind}",status="{row.status}"}}' for row in rows]
    subjects, oldest = "penstock_backlog_subjects", "penstock_backlog_oldest_seconds"
    lines = [f"# HELP {subjects} What a worker could move now.", f"# TYPE {subjects} gauge"]
    lines += [f"{subjects}{of} {row.subjects}" for of, row in zip(labels, rows, strict=True)]
    lines += [f"# HELP {oldest} How long the oldest waits.", f"# TYPE {oldest} gauge"]
    lines += [f"{oldest}{of} {row.oldest_s}" for of, row in zip(labels, rows, strict=True)]
    counts = (
        ("penstock_outbox_waiting", "Events not passed on yet.", outbox),
        ("penstock_steps_broken", "Timed steps whose last turn broke.", broken_steps),
    )
    for name, said, count in counts:
        lines += [f"# HELP {name} {said}", f"# TYPE {name} gauge", f"{name} {count}"]
    return lines


operation = Router(
    "/",
    route_handlers=[
        list_exceptions,
        list_broken_steps,
        run_audit,
        show_backlog,
        show_metrics,
        show_statement,
    ],
    tags=["operation"],
)
