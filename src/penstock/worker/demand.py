"""How many workers and API processes are wanted: one signal, and one rule that reads it.

The supervisor of `penstock up`, `/metrics` and `/v1/scale` all ask here, so that a machine and a
cluster scale by the same figures.
"""

import math
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.claim import Waiting, backlog
from penstock.worker.pace import ALIVE_FOR, Worked

_MEASURED_FROM_S = 1.0
_MEASURED_FROM_ORDERS = 100


class Expected(Protocol):
    """Orders that are known to come."""

    @property
    def starts_at(self) -> datetime:
        """When they begin to come."""
        ...

    @property
    def orders_per_minute(self) -> float:
        """The most of them in any minute of the lead."""
        ...


Expect = Callable[[Transaction, datetime, timedelta], Awaitable[Sequence[Expected]]]
"""(now, lead) to what is expected from now until then."""


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of workers and the API at `at`; what is *expected* is of streams and surges.

    A *move* is one that a worker makes: out of a status that a step takes from. `moves_per_s` is
    of one busy worker, and `moves_per_order` of the last day; None where nothing was measured.
    """

    at: datetime
    workers: int
    busy_share: float
    backlog: int
    oldest_s: float
    arriving_per_s: float
    received_per_minute: float
    expected_per_minute: float = 0.0
    live_per_minute: float = 0.0
    """The part of what is expected whose time has begun: it is being received already."""
    moves_per_s: float | None = None
    moves_per_order: float | None = None
    waiting: tuple[Waiting, ...] = ()
    """All queues, also those that no worker can shorten."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted of scaling; the last three stand in where nothing was measured yet.

    `drain_s`: the time in which a backlog shall be gone. `oldest_s`: from this age on the backlog
    is late, whatever was reckoned. `batch`: subjects that are worth one worker more when it is.
    `safety`: β of the square-root rule. `q90`: what nine of ten streams stay below, as a multiple
    of what was expected of them. `lead`: how long a process takes to be there. `hold`: how long
    what was needed is kept.
    """

    workers_min: int = 1
    workers_max: int = 1000
    api_min: int = 1
    api_max: int = 1000
    drain_s: float = 60.0
    oldest_s: float = 15.0
    batch: int = 50
    safety: float = 1.0
    q90: float = 1.5
    lead: timedelta = timedelta(minutes=5)
    hold: timedelta = timedelta(minutes=5)
    api_orders_per_minute: float = 15_000.0
    moves_per_s: float = 100.0
    moves_per_order: float = 6.0


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """How many of each are wanted and why; `…_now` before what was needed of late is kept."""

    at: datetime
    workers: int
    workers_because: str
    api: int
    api_because: str
    workers_now: int
    api_now: int


class Measured(msgspec.Struct, frozen=True):
    """What counts say: of the last minute, of the last day, of the minutes in which most moved."""

    workers: int
    received_per_s: float
    arrived_per_s: float
    busy_s: float
    span_s: float
    day_received: int
    day_moved: int
    best_moved: int
    best_busy_s: float


@query
async def demand(tx: Transaction, *, now: datetime, alive_since: datetime) -> Measured | None:
    """Sum up what workers have counted."""


async def read_signal(
    tx: Transaction, now: datetime, lead: timedelta, *, worked: Worked, expect: Expect
) -> Signal:
    """Read what is asked of workers now, and of all within `lead`; only operators may.

    `worked` are the statuses that steps take from: what others wait for, no worker can hasten.
    """
    measured = await demand(tx, now=now, alive_since=now - ALIVE_FOR)
    assert measured is not None, "sums are always there"
    return signal_of(measured, await backlog(tx, now=now), worked, await expect(tx, now, lead), now)


def signal_of(
    measured: Measured,
    waiting: Sequence[Waiting],
    worked: Worked,
    expected: Sequence[Expected],
    now: datetime,
) -> Signal:
    """Put the signal together; what is expected of several streams is added up."""
    queues = [w for w in waiting if (w.kind, w.status) in set(worked)]
    return Signal(
        at=now,
        workers=measured.workers,
        busy_share=min(1.0, measured.busy_s / max(1.0, measured.span_s) / max(1, measured.workers)),
        backlog=sum(w.subjects for w in queues),
        oldest_s=max(((now - w.oldest_at).total_seconds() for w in queues), default=0.0),
        arriving_per_s=measured.arrived_per_s,
        received_per_minute=60 * measured.received_per_s,
        expected_per_minute=sum(e.orders_per_minute for e in expected),
        live_per_minute=sum(e.orders_per_minute for e in expected if e.starts_at <= now),
        moves_per_s=(
            measured.best_moved / measured.best_busy_s
            if measured.best_busy_s >= _MEASURED_FROM_S
            else None
        ),
        moves_per_order=(
            max(1.0, measured.day_moved / measured.day_received)
            if measured.day_received >= _MEASURED_FROM_ORDERS
            else None
        ),
        waiting=tuple(waiting),
    )


def staffed(load: float, safety: float) -> int:
    """Return how many servers a load (in Erlang: arrivals a second by service seconds) wants.

    ``R + β √R``: the margin grows as the noise of a Poisson stream does, so that the chance of
    having to wait stays the same at every size (Halfin and Whitt, "Heavy-traffic limits for queues
    with many exponential servers", Operations Research 29, 1981; 22 % for β = 1).
    """
    return math.ceil(round(load + safety * math.sqrt(load), 9))


def replicas(signal: Signal, policy: Policy, recent: Sequence[Wanted] = ()) -> Wanted:
    """Return how many workers and API processes are wanted, the largest of several answers.

    - what arrives and what waits: with c workers of rate μ a backlog B under arrivals λ is gone
      after ``B / (c μ - λ)`` seconds (Little's law for a queue that drains: its age is its length
      over its throughput); solved for c, the load is ``λ/μ + B / (μ drain_s)``;
    - what is late: half as many again as there are, for then those rates are wrong; but no more
      than find a batch to take;
    - what is expected within the lead: the 90th percentile of orders a minute, by moves an order.

    More is wanted at once, less only when more was not wanted for `policy.hold`: `recent` are the
    answers given before.
    """
    reckoned = [_reactive(signal, policy), _late(signal, policy), _predicted(signal, policy)]
    workers, workers_because = max(reckoned, key=lambda answer: answer[0])
    api, api_because = _api(signal, policy)
    workers = min(max(workers, policy.workers_min), policy.workers_max)
    api = min(max(api, policy.api_min), policy.api_max)
    kept = [w for w in recent if signal.at - policy.hold < w.at <= signal.at]
    workers_kept = min(max([w.workers_now for w in kept], default=0), policy.workers_max)
    api_kept = min(max([w.api_now for w in kept], default=0), policy.api_max)
    lately = f"needed within the last {policy.hold.total_seconds():.0f} s"
    return Wanted(
        at=signal.at,
        workers=max(workers, workers_kept),
        workers_because=workers_because if workers >= workers_kept else lately,
        api=max(api, api_kept),
        api_because=api_because if api >= api_kept else lately,
        workers_now=workers,
        api_now=api,
    )


def _reactive(signal: Signal, policy: Policy) -> tuple[int, str]:
    per_worker = signal.moves_per_s or policy.moves_per_s
    load = signal.arriving_per_s / per_worker + signal.backlog / (per_worker * policy.drain_s)
    told = f"{signal.backlog:,} due, {signal.arriving_per_s:,.1f}/s arriving"
    return staffed(load, policy.safety), told


def _late(signal: Signal, policy: Policy) -> tuple[int, str]:
    if signal.oldest_s <= policy.oldest_s:
        return 0, ""
    more = math.ceil(1.5 * max(1, signal.workers))
    find_work = math.ceil(signal.backlog / policy.batch)
    return min(more, find_work), f"{signal.backlog:,} due, the oldest for {signal.oldest_s:,.0f} s"


def _predicted(signal: Signal, policy: Policy) -> tuple[int, str]:
    orders = _forecast_per_minute(signal, policy)
    moves = orders / 60 * (signal.moves_per_order or policy.moves_per_order)
    return staffed(moves / (signal.moves_per_s or policy.moves_per_s), policy.safety), (
        f"{orders:,.0f} orders a minute expected"
    )


def _api(signal: Signal, policy: Policy) -> tuple[int, str]:
    expected = _forecast_per_minute(signal, policy)
    if expected > signal.received_per_minute:
        told = f"{expected:,.0f} orders a minute expected"
    else:
        told = f"{signal.received_per_minute:,.0f} orders a minute received"
    load = max(expected, signal.received_per_minute) / policy.api_orders_per_minute
    return staffed(load, policy.safety), told


def _forecast_per_minute(signal: Signal, policy: Policy) -> float:
    """Return orders a minute with what is expected and beside it; 0 where nothing is."""
    if not signal.expected_per_minute:
        return 0.0
    beside = max(0.0, signal.received_per_minute - signal.live_per_minute)
    return beside + policy.q90 * signal.expected_per_minute
