"""Which deliveries will be reviewed badly (one or two stars): boosted trees, honestly judged.

The model knows what is known of an order once it has been delivered. It never sees the review,
its text or its date, and is judged on shoppers of whom it has seen nothing. Some reviews are
written before the parcel comes, so the model explains them, and does not foresee them. Trees are
shallow and few, and must not say that later is better (`RISING`).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from penstock.experience.drivers.array import Flags, Matrix, Places, Vector, library, np
from penstock.experience.drivers.delivery import GROUPS, RISING, Delivery, features
from penstock.experience.drivers.folds import deal
from penstock.experience.drivers.track_record import Past, bad_share_before
from penstock.kernel.errors import Invalid

BAD_STARS_MAX = 2
HISTORY: Mapping[str, float] = {"merchant": 8.0, "sku": 5.0}
"""Whose earlier reviews may be looked at, and how many reviews the common share weighs there."""
_TREES = 200
_PARAMETERS: Mapping[str, object] = {
    "objective": "binary",
    "learning_rate": 0.03,
    "num_leaves": 8,
    "min_data_in_leaf": 40,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "feature_fraction": 0.3,
    "lambda_l2": 5.0,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


class Table(msgspec.Struct, frozen=True):
    """Reviewed deliveries as numbers: a column per feature, and whether the review was bad."""

    deliveries: list[Delivery]
    names: list[str]
    values: Matrix
    bad: Flags


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """How well bad reviews are told from others: the area under the ROC curve, and its error."""

    auc: float
    std_error: float


def table(deliveries: Sequence[Delivery], groups: Sequence[str] = tuple(GROUPS)) -> Table:
    """Lay out the reviewed deliveries with the features of `groups`.

    Raises:
        Invalid: an unknown group, or no review.

    """
    if unknown := [group for group in groups if group not in GROUPS]:
        raise Invalid(f"no feature group '{unknown[0]}'; known are {', '.join(GROUPS)}")
    reviewed = [d for d in deliveries if d.stars is not None and d.reviewed_at is not None]
    names = [name for group in groups for name in GROUPS[group]]
    if not reviewed:
        raise Invalid("no delivery has a review: nothing can be learnt")
    told = [features(d) for d in reviewed]
    return Table(
        deliveries=reviewed,
        names=names,
        values=np.array([[row[name] for name in names] for row in told], dtype=float),
        bad=np.array([d.stars is not None and d.stars <= BAD_STARS_MAX for d in reviewed]),
    )


def narrowed(whole: Table, groups: Sequence[str]) -> Table:
    """Return the table with the features of `groups` only."""
    names = [name for group in groups for name in GROUPS[group]]
    places = [whole.names.index(name) for name in names]
    return Table(whole.deliveries, names, whole.values[:, places], whole.bad)


def judged_by_others(whole: Table, *, seed: int, folds: int = 5, history: bool = False) -> Vector:
    """Return each delivery's risk of a bad review, by a model of the other shoppers' deliveries.

    With `history` the earlier reviews of its merchant and SKU count too: those of the model's own
    rows alone, and known before the order was placed.

    Raises:
        Invalid: too few bad or good reviews for the folds.

    """
    shoppers = [d.shopper for d in whole.deliveries]
    fold = deal(whole.bad.tolist(), shoppers, folds=folds, seed=seed)
    risks = np.empty(len(whole.bad))
    for number in range(folds):
        rows, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        risks[held] = risk(whole, rows, held, seed=seed, history=history)
    return risks


def judged_by_the_past(
    whole: Table, *, seed: int, share: float = 0.8, by: str | None = None
) -> Judged:
    """Judge the last deliveries by a model of what was known when the first of them was ordered.

    `by` is a feature to take for the risk as it stands, in place of the model.

    Raises:
        Invalid: one side has only good or only bad reviews.

    """
    order = sorted(range(len(whole.bad)), key=lambda row: whole.deliveries[row].ordered_at)
    later = order[int(share * len(order)) :]
    start = whole.deliveries[later[0]].ordered_at
    known = [row for row in order if (at := whole.deliveries[row].reviewed_at) and at < start]
    if not known or whole.bad[known].all() or not whole.bad[known].any():
        raise Invalid("before the last deliveries there are not both good and bad reviews")
    if by is not None:
        return judged(whole.bad[later], whole.values[later, whole.names.index(by)])
    risks = risk(whole, np.array(known), np.array(later), seed=seed, history=False)
    return judged(whole.bad[later], risks)


def risk(whole: Table, rows: Places, asked: Places, *, seed: int, history: bool) -> Vector:
    """Learn from `rows` and return the risk of a bad review for each of `asked`."""
    names, learnt, put = whole.names, whole.values[rows], whole.values[asked]
    if history:
        names = [*names, *(f"{whose}_bad_share" for whose in HISTORY)]
        learnt = np.hstack([learnt, _history(whole, rows, rows)])
        put = np.hstack([put, _history(whole, rows, asked)])
    return np.asarray(_grown(names, learnt, whole.bad[rows], seed).predict(put))


def _grown(names: Sequence[str], values: Matrix, bad: Flags, seed: int) -> Any:
    """Return a trained LightGBM model."""
    lightgbm = library("lightgbm")
    rising = RISING | {f"{whose}_bad_share" for whose in HISTORY}
    parameters = {
        **_PARAMETERS,
        "seed": seed % 2**31,
        "monotone_constraints": [int(name in rising) for name in names],
    }
    return lightgbm.train(parameters, lightgbm.Dataset(values, bad.astype(float)), _TREES)


def _history(whole: Table, rows: Places, asked: Places) -> Matrix:
    prior = float(whole.bad[rows].mean())
    known = [(whole.deliveries[row], bool(whole.bad[row])) for row in rows]
    put = [whole.deliveries[row] for row in asked]
    columns = [
        bad_share_before(
            # A review dated before its order is a slip of the source's clocks.
            [
                Past(getattr(d, whose), max(d.reviewed_at or d.delivered_at, d.ordered_at), bad)
                for d, bad in known
            ],
            [(getattr(d, whose), d.ordered_at) for d in put],
            prior=prior,
            weight=weight,
        )
        for whose, weight in HISTORY.items()
    ]
    return np.array(columns).T


def judged(bad: Flags, risks: Vector) -> Judged:
    """Return the chance that a bad review had the higher risk, a tie counting half.

    The error is DeLong, DeLong & Clarke-Pearson's (1988, Biometrics 44(3), 837-845).

    Raises:
        Invalid: there are not both good and bad reviews.

    """
    above, below = np.sort(risks[bad]), np.sort(risks[~bad])
    if not (len(above) and len(below)):
        raise Invalid("an AUC needs both good and bad reviews")
    won = _beaten(below, above) / len(below)
    lost = 1 - _beaten(above, below) / len(above)
    variance = sum(float(x.var(ddof=1)) / len(x) for x in (won, lost) if len(x) > 1)
    return Judged(auc=float(won.mean()), std_error=math.sqrt(variance))


def _beaten(ordered: Vector, values: Vector) -> Vector:
    """Return how many of `ordered` lie below each value, a tie counting half."""
    less = np.searchsorted(ordered, values, side="left")
    return np.asarray((less + np.searchsorted(ordered, values, side="right")) / 2)
