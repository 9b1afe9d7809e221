"""What late hand-overs, slow transit and late deliveries do to stars and returns, adjusted."""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from penstock.experience.drivers.array import Matrix, Vector, np
from penstock.experience.drivers.effects import Effect, adjusted_effect
from penstock.experience.drivers.known import KnownDelivery
from penstock.kernel.errors import Invalid

Outcome = Literal["stars", "returned"]
ARM_MIN = 30
"""Fewer orders than these on either side tell nothing that one would act on."""
_KINDS_MAX = 5


class Lateness(msgspec.Struct, frozen=True, kw_only=True):
    """One treatment's effect on one outcome; `effect` is None where `because` says why."""

    treatment: str
    outcome: Outcome
    orders: int
    effect: Effect | None
    because: str


def _late(done: datetime, due: datetime | None) -> float:
    return math.nan if due is None else float(done > due)


TREATMENTS: dict[str, Callable[[KnownDelivery], float]] = {
    "late hand-over": lambda d: _late(d.dispatched_at, d.dispatch_by_at),
    "slow transit": lambda d: _late(d.delivered_at, d.transit_by_at),
}
OUTCOMES: dict[Outcome, Callable[[KnownDelivery], float]] = {
    "stars": lambda d: math.nan if d.stars is None else float(d.stars),
    "returned": lambda d: float(d.returned),
}


def lateness(deliveries: Sequence[KnownDelivery], *, seed: int) -> list[Lateness]:
    """Return the effect of each treatment on each outcome, on the orders that were treated.

    Adjusted for the merchant, market and node, the time of the order, the length of the promise
    and the seconds of receipt; slow transit also for the hand-over's delay, which came before it.
    """
    return [
        _one(deliveries, treatment, outcome, seed)
        for treatment in TREATMENTS
        for outcome in OUTCOMES
    ]


def _one(
    deliveries: Sequence[KnownDelivery], treatment: str, outcome: Outcome, seed: int
) -> Lateness:
    told = [
        (d, treated, came)
        for d in deliveries
        if not math.isnan(treated := TREATMENTS[treatment](d))
        and not math.isnan(came := OUTCOMES[outcome](d))
    ]
    effect, because = None, ""
    on = sum(1 for _, treated, _ in told if treated)
    if min(on, len(told) - on) < ARM_MIN:
        because = (
            f"{on} of {len(told)} orders with known {outcome} had a {treatment}:"
            f" {ARM_MIN} with and {ARM_MIN} without are needed"
        )
    elif len({came for _, _, came in told}) < 2:
        because = f"{outcome} was the same for every order"
    else:
        try:
            effect = adjusted_effect(
                np.array([came for _, _, came in told]),
                np.array([treated for _, treated, _ in told]),
                _covariates([d for d, _, _ in told], after_hand_over=treatment == "slow transit"),
                seed=seed,
                estimand="treated",
            )
        except Invalid as refused:
            because = str(refused)
    return Lateness(
        treatment=treatment, outcome=outcome, orders=len(told), effect=effect, because=because
    )


def _covariates(deliveries: Sequence[KnownDelivery], *, after_hand_over: bool) -> Matrix:
    columns: list[Vector] = []
    for kind in (
        [str(d.merchant_id) for d in deliveries],
        [d.market for d in deliveries],
        [str(d.node_id) for d in deliveries],
        [str(d.ordered_at.astimezone(UTC).weekday()) for d in deliveries],
    ):
        columns += _dummies(kind)
    hours = np.array([d.ordered_at.astimezone(UTC).hour for d in deliveries]) * (math.tau / 24)
    columns += [np.sin(hours), np.cos(hours)]
    columns.append(_filled([_hours(d.ordered_at, d.dispatch_by_at) for d in deliveries]))
    columns.append(_filled([_hours(d.ordered_at, d.accepted_at) for d in deliveries]))
    if after_hand_over:
        columns.append(_filled([_hours(d.ordered_at, d.dispatched_at) for d in deliveries]))
    return np.column_stack(columns)


def _dummies(kinds: Sequence[str]) -> list[Vector]:
    """Return a column of 0 and 1 for each of the commonest kinds but the first."""
    common = sorted(set(kinds), key=lambda kind: (-kinds.count(kind), kind))[1 : _KINDS_MAX + 1]
    return [np.array([float(kind == one) for kind in kinds]) for one in common]


def _hours(start: datetime, end: datetime | None) -> float:
    return math.nan if end is None else (end - start).total_seconds() / 3600


def _filled(values: Sequence[float]) -> Vector:
    """Fill what is unknown by the middle; it is the same for all where nothing is known."""
    column = np.array(values, dtype=float)
    known = column[np.isfinite(column)]
    return np.asarray(np.where(np.isfinite(column), column, np.median(known) if len(known) else 0))
