"""What being late (or any yes-or-no treatment) does to an outcome, other things being equal.

Augmented inverse probability weighting with cross-fitting: each row is judged by models of the
outcome and of the treatment that never saw its fold, and the answer is right if either model is.

Sources: Robins, Rotnitzky & Zhao (1994), J. Am. Stat. Assoc. 89(427), 846-866; Chernozhukov et al.
(2018), Double/debiased machine learning, The Econometrics Journal 21(1), C1-C68.
"""

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Literal

import msgspec

from penstock.experience.drivers.array import Matrix, Vector, np
from penstock.experience.drivers.folds import deal
from penstock.experience.drivers.learners import linear, logistic
from penstock.experience.drivers.sensitivity import EValue, e_value_of_difference
from penstock.kernel.errors import Invalid

Learner = Callable[[Matrix, Vector], Callable[[Matrix], Vector]]
"""Fit on (rows × covariates, outcomes), and hand back what predicts for other rows."""
Estimand = Literal["all", "treated"]
_ARM_MIN = 10


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """A treatment's adjusted effect, in units of the outcome.

    `raw` is the plain difference of means. `clipped_share` is how many propensities lay outside
    the bounds and were set to them: where it is large, the arms hardly overlap and the effect
    rests on the outcome model alone.
    """

    estimand: Estimand
    effect: float
    std_error: float
    low: float
    high: float
    raw: float
    treated: int
    untreated: int
    clipped_share: float
    e_value: EValue


def adjusted_effect(
    outcome: Vector,
    treated: Vector,
    covariates: Matrix,
    *,
    seed: int,
    estimand: Estimand = "all",
    folds: int = 5,
    level: float = 0.95,
    bound: float = 0.01,
    outcome_model: Learner = linear,
    treatment_model: Learner = logistic,
) -> Effect:
    """Return the effect of `treated` (0 or 1 per row) on `outcome`, given `covariates`.

    `estimand` is who is asked about: all rows, or those that were treated (what it cost them).
    Only what came before the treatment may be a covariate; what follows from it would take part
    of the effect away. Propensities are kept `bound` away from 0 and 1.

    Raises:
        Invalid: the arrays do not fit one another, hold anything but finite numbers, or an arm
            has too few rows.

    """
    outcome, treated, covariates = _checked(outcome, treated, covariates, folds)
    if not (0 < level < 1 and 0 < bound < 0.5):
        raise Invalid("level must lie between 0 and 1, bound between 0 and 0.5")
    fold = deal((treated == 1).tolist(), range(len(treated)), folds=folds, seed=seed)
    untreated_mean, treated_mean, propensity = (np.empty(len(outcome)) for _ in range(3))
    for number in range(folds):
        held, rest = fold == number, fold != number
        for arm, answer in ((0, untreated_mean), (1, treated_mean)):
            arm_rows = rest & (treated == arm)
            answer[held] = outcome_model(covariates[arm_rows], outcome[arm_rows])(covariates[held])
        propensity[held] = treatment_model(covariates[rest], treated[rest])(covariates[held])
    kept = np.clip(propensity, bound, 1 - bound)
    influence = _influence(estimand, outcome, treated, kept, untreated_mean, treated_mean)
    effect = float(influence.mean())
    if estimand == "treated":
        influence = influence - effect * treated / treated.mean()
    std_error = float(influence.std(ddof=1)) / math.sqrt(len(outcome))
    reach = NormalDist().inv_cdf((1 + level) / 2) * std_error
    return Effect(
        estimand=estimand,
        effect=effect,
        std_error=std_error,
        low=effect - reach,
        high=effect + reach,
        raw=float(outcome[treated == 1].mean() - outcome[treated == 0].mean()),
        treated=int(treated.sum()),
        untreated=int((1 - treated).sum()),
        clipped_share=float((kept != propensity).mean()),
        e_value=e_value_of_difference(effect, std_error, float(outcome.std(ddof=1))),
    )


def _checked(
    outcome: Vector, treated: Vector, covariates: Matrix, folds: int
) -> tuple[Vector, Vector, Matrix]:
    try:
        outcome, treated = np.asarray(outcome, dtype=float), np.asarray(treated, dtype=float)
        covariates = np.asarray(covariates, dtype=float)
    except (TypeError, ValueError):
        raise Invalid("outcome, treatment and covariates must be numbers in equal rows") from None
    if covariates.ndim != 2 or not len(outcome) == len(treated) == len(covariates):
        raise Invalid("outcome, treatment and covariates must have one row for each unit")
    for what, held in (("outcome", outcome), ("treatment", treated), ("covariates", covariates)):
        if not np.isfinite(held).all():
            raise Invalid(f"{what}: missing or infinite values: leave their rows out, or fill them")
    if not np.isin(treated, (0.0, 1.0)).all():
        raise Invalid("treatment must be 0 or 1 in each row")
    least = max(_ARM_MIN, folds)
    for arm, name in ((1, "treated"), (0, "untreated")):
        if (count := int((treated == arm).sum())) < least:
            raise Invalid(f"only {count} rows are {name}: at least {least} are needed")
    return outcome, treated, covariates


def _influence(
    estimand: Estimand,
    outcome: Vector,
    treated: Vector,
    propensity: Vector,
    untreated_mean: Vector,
    treated_mean: Vector,
) -> Vector:
    """Return what each row says of the effect; the mean over rows is the estimate."""
    surprise = outcome - untreated_mean
    if estimand == "treated":
        odds = _weighed((1 - treated) * propensity / (1 - propensity), float(treated.sum()))
        return np.asarray((treated - odds) * surprise / treated.mean())
    rows = float(len(treated))
    return np.asarray(
        treated_mean
        - untreated_mean
        + _weighed(treated / propensity, rows) * (outcome - treated_mean)
        - _weighed((1 - treated) / (1 - propensity), rows) * surprise
    )


def _weighed(weights: Vector, total: float) -> Vector:
    """Scale weights to what they add up to on average (Hájek), which tames a few large ones."""
    return np.asarray(weights * (total / weights.sum()))
