"""Split the change of a score among its causes, exactly and whatever their order."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from math import factorial

import msgspec

from penstock.experience.profiles.profile import ORDERS, Profile
from penstock.experience.scores.points import Count, rounded
from penstock.experience.scores.total import rate, total

CAUSES = ("entered", "left", "later_facts", "supplied", "profile")
"""Orders that came into the window, orders that fell out of it, orders of both weeks of which more
is known, numbers supplied from outside, and another version of the formula."""

Counts = Mapping[str, Count]
Losses = dict[str, Fraction]


class Sides(msgspec.Struct, frozen=True, kw_only=True):
    """What one profile counts: `before`, and by cause what that adds to it (or takes from it).

    Without `profile`, all causes together lead from the counts before to the counts after.
    """

    profile: Profile
    before: Counts
    added: Mapping[str, Counts]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """How one metric's or adjustment's points changed, and by which cause how much.

    Gains are positive. `by_cause` and `rounding` sum to `change`.
    """

    code: str
    change: Decimal
    by_cause: dict[str, Decimal]
    rounding: Decimal


def split(old: Sides, new: Sides, told: Mapping[str, Decimal]) -> tuple[Part, ...]:
    """Attribute each change of points in `told` (by code of metric or adjustment) to `CAUSES`.

    The Shapley value: a cause's part is its marginal effect, averaged over all orders in which the
    causes could have come, so no order is favoured and the parts sum to the whole. `old` and `new`
    are what the formulas of the two days count; they are alike unless the formula changed. What
    rounding to hundredths leaves over is told as `rounding`.
    """
    causes = [cause for cause in CAUSES if old.added.get(cause) or new.added.get(cause)]
    causes += ["profile"] if old.profile != new.profile else []
    worth = {
        chosen: _losses(new if "profile" in chosen else old, chosen)
        for size in range(len(causes) + 1)
        for chosen in map(frozenset, combinations(causes, size))
    }
    parts = []
    for code, change in told.items():
        by_cause = {cause: rounded(-_shapley(worth, causes, cause, code), 2) for cause in causes}
        kept = {cause: points for cause, points in by_cause.items() if points}
        rest = change - sum(kept.values(), Decimal(0))
        parts.append(Part(code=code, change=change, by_cause=kept, rounding=rest))
    return tuple(parts)


def _shapley(
    worth: Mapping[frozenset[str], Losses], causes: Sequence[str], cause: str, code: str
) -> Fraction:
    others = [other for other in causes if other != cause]
    n, whole = len(causes), Fraction(0)
    for size in range(n):
        weight = Fraction(factorial(size) * factorial(n - size - 1), factorial(n))
        for chosen in map(frozenset, combinations(others, size)):
            with_it, without = worth[chosen | {cause}], worth[chosen]
            whole += weight * (with_it.get(code, Fraction(0)) - without.get(code, Fraction(0)))
    return whole


def _losses(sides: Sides, chosen: frozenset[str]) -> Losses:
    """Return what each metric and adjustment takes, had only the `chosen` causes come about."""
    counts = dict(sides.before)
    for cause in CAUSES:
        if cause in chosen:
            for code, change in sides.added.get(cause, {}).items():
                counts[code] = _sum(counts.get(code), change)
    orders = counts[ORDERS].denominator if ORDERS in counts else 0
    rated = rate(sides.profile, counts, orders)
    points, changes = total(sides.profile, rated, counts)
    if points is None:
        return {}
    high = Fraction(sides.profile.scale.high)
    return {r.metric.code: r.lost(high) for r in rated} | {c.code: c.lost for c in changes}


def _sum(count: Count | None, change: Count) -> Count:
    if count is None:
        return change
    return Count(
        numerator=count.numerator + change.numerator,
        denominator=count.denominator + change.denominator,
    )
