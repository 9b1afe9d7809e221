"""What autoscalers ask: how many workers and API processes are wanted, and why."""

from collections.abc import Iterable
from typing import Any

import msgspec
from litestar import Request, Router, get

from penstock import journey
from penstock.api.caller import require
from penstock.api.context import Here
from penstock.db.transaction import OPERATOR
from penstock.worker.demand import Policy, Signal, replicas

Http = Request[Any, Any, Any]
POLICY = Policy()
"""Without bounds of its own and without memory: an autoscaler has both."""


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """How many processes are wanted now, and the signal that says so.

    `moves_per_s` is what one busy worker moves, null until it was measured.
    """

    workers_wanted: int
    workers_because: str
    api_wanted: int
    api_because: str
    workers: int
    busy_share: float
    backlog: int
    oldest_s: float
    moves_per_s: float | None
    orders_received_per_minute: float
    orders_expected_per_minute: float


@get("/v1/scale", summary="How many processes are wanted")
async def show_scale(request: Http, context: Here) -> Scale:
    """Tell how many workers and API processes are wanted now, and by what it was reckoned.

    It is what an autoscaler asks for: the number of processes, not a load to divide by.
    """
    require(await context.callers.identify(request), "operator")
    now = context.now()
    return scale_of(
        await context.database.run(OPERATOR, lambda tx: journey.scale_signal(tx, now, POLICY.lead))
    )


def scale_of(signal: Signal) -> Scale:
    """Say what a signal asks for."""
    wanted = replicas(signal, POLICY)
    return Scale(
        workers_wanted=wanted.workers,
        workers_because=wanted.workers_because,
        api_wanted=wanted.api,
        api_because=wanted.api_because,
        workers=signal.workers,
        busy_share=signal.busy_share,
        backlog=signal.backlog,
        oldest_s=signal.oldest_s,
        moves_per_s=signal.moves_per_s,
        orders_received_per_minute=signal.received_per_minute,
        orders_expected_per_minute=signal.expected_per_minute,
    )


def gauges(scale: Scale) -> Iterable[tuple[str, str, float | None]]:
    """Return the metrics of the scale: name, help, value (None: not measured yet)."""
    return (
        ("penstock_workers_wanted", "Workers that are wanted.", scale.workers_wanted),
        ("penstock_api_wanted", "API processes that are wanted.", scale.api_wanted),
        ("penstock_workers", "Workers that were heard of lately.", scale.workers),
        ("penstock_workers_busy_ratio", "Of the last minute's worker time.", scale.busy_share),
        ("penstock_worker_moves_per_second", "Of one busy worker.", scale.moves_per_s),
        ("penstock_due_subjects", "What a step could take now.", scale.backlog),
        ("penstock_due_oldest_seconds", "How long the oldest of it waits.", scale.oldest_s),
        (
            "penstock_orders_received_per_minute",
            "Orders of the last minute.",
            scale.orders_received_per_minute,
        ),
        (
            "penstock_orders_expected_per_minute",
            "Of streams and surges, at most, within the lead.",
            scale.orders_expected_per_minute,
        ),
    )


def exposed(scale: Scale) -> list[str]:
    """Write the scale in Prometheus' text format, line by line."""
    return [
        line
        for name, told, value in gauges(scale)
        if value is not None
        for line in (f"# HELP {name} {told}", f"# TYPE {name} gauge", f"{name} {value}")
    ]


scale = Router("/", route_handlers=[show_scale], tags=["operation"])
