"""Fair shares: how much of a whole (a score, an R², lost points) each part brings.

Source: Shapley (1953), A value for n-person games; for R² the same shares are known as LMG
(Lindeman, Merenda & Gold 1980; Grömping 2007, The American Statistician 61(2), 139-147).
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import combinations
from math import factorial, sqrt
from typing import TypeVar

from penstock.kernel.errors import Invalid

SUB_PROCESSES = ("order_receipt", "pick_and_pack", "ship_and_transport", "order_delivery")
PARTS_MAX = 16
"""Exact shares ask for 2ⁿ values; past this many parts that is no longer an answer in time."""
_SINGULAR = 1e-10
_ROWS_OVER = 2
Part = TypeVar("Part", bound=Hashable)


def shares(parts: Sequence[Part], value: Callable[[frozenset[Part]], float]) -> dict[Part, float]:
    """Return each part's share of `value(all) - value(none)`, to which the shares add up.

    A part's share is what it adds, averaged over all orders in which the parts may come together.
    `value` is asked once for each of the 2ⁿ subsets.

    Raises:
        Invalid: no part, a repeated part, or more than `PARTS_MAX`.

    """
    if not 1 <= len(parts) <= PARTS_MAX or len(set(parts)) < len(parts):
        raise Invalid(f"shares are for 1 to {PARTS_MAX} different parts, not {len(parts)}")
    known = {
        frozenset(chosen): value(frozenset(chosen))
        for size in range(len(parts) + 1)
        for chosen in combinations(parts, size)
    }
    found = dict.fromkeys(parts, 0.0)
    count = len(parts)
    for coalition, worth in known.items():
        if not coalition:
            continue
        before = len(coalition) - 1
        weight = factorial(before) * factorial(count - before - 1) / factorial(count)
        for part in coalition:
            found[part] += weight * (worth - known[coalition - {part}])
    return found


def r_squared_shares(
    outcome: Sequence[float], groups: Mapping[str, Mapping[str, Sequence[float]]]
) -> dict[str, float]:
    """Return how much of the outcome's R² each group of predictors brings (LMG).

    `groups` is group → predictor → one number per row, such as sub-process → KPI → merchant
    weeks; the groups are the parts, so correlated KPIs of one sub-process never compete. The
    shares add up to the R² of the regression on everything and are never negative.

    Raises:
        Invalid: columns of another length, a constant column, too few rows, predictors that
            repeat one another.

    """
    columns = [(group, column) for group, held in groups.items() for column in held.values()]
    names = [f"{group}.{name}" for group, held in groups.items() for name in held]
    rows = len(outcome)
    if not columns or any(len(column) != rows for _, column in columns):
        raise Invalid("each predictor needs one number for each outcome")
    if rows < len(columns) + _ROWS_OVER:
        raise Invalid(f"{rows} rows are too few for {len(columns)} predictors")
    standard = [
        _standardised(column, name)
        for column, name in zip(
            [*(column for _, column in columns), outcome], [*names, "the outcome"], strict=True
        )
    ]
    correlations = [[sum(map(float.__mul__, a, b)) for b in standard] for a in standard]
    members: dict[str, list[int]] = {group: [] for group in groups}
    for number, (group, _) in enumerate(columns):
        members[group].append(number)
    _r_squared(correlations, range(len(columns)), names)

    def explained(chosen: frozenset[str]) -> float:
        predictors = [number for group in groups if group in chosen for number in members[group]]
        return _r_squared(correlations, predictors, names)

    return shares(list(groups), explained)


def _standardised(column: Sequence[float], name: str) -> list[float]:
    """Centre a column and scale it to length 1, so that products of columns are correlations."""
    mean = sum(column) / len(column)
    centred = [float(value) - mean for value in column]
    length = sqrt(sum(value * value for value in centred))
    if not length > 1e-12 * max(1.0, abs(mean)):
        raise Invalid(f"{name} is constant or not a number: it can explain nothing")
    return [value / length for value in centred]


def _r_squared(
    correlations: Sequence[Sequence[float]], predictors: Sequence[int], names: Sequence[str]
) -> float:
    """Return R² of the last variable on `predictors`, by sweeping one after the other out.

    After a sweep the diagonal holds what is left unexplained of each variable (Goodnight 1979, A
    tutorial on the SWEEP operator, The American Statistician 33(3)).
    """
    left = [list(row) for row in correlations]
    size = len(left)
    for pivot in predictors:
        held = left[pivot][pivot]
        if held < _SINGULAR:
            raise Invalid(f"{names[pivot]} repeats other predictors: leave one of them out")
        row = list(left[pivot])
        for i in range(size):
            factor = left[i][pivot] / held
            for j in range(size):
                left[i][j] -= factor * row[j]
    return 1.0 - left[-1][-1]
