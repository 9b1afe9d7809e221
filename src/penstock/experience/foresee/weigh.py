"""Fit what the signs weigh, and how days stand off together from what the signs foretell."""

from collections.abc import Sequence

import msgspec
import numpy as np

from penstock.experience.foresee.chances import chance
from penstock.experience.foresee.history import Floats
from penstock.experience.foresee.outlook import DAYS
from penstock.experience.foresee.signs import SIGNS

_GROUPS = ((1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 7), (8, 10), (11, 15), (16, 22), (23, 30))
"""First and last days ahead that share one set of weights."""
_RIDGE = np.array([0.3, *[2.0] * (SIGNS - 4), 0.3, 0.3, 0.3])
"""Lanes differ by little, so that what they weigh is much."""
_SHOCK_VARIANCE = 0.25
_SHOCK_STAYS = 0.9
_SHOCK_SHARED = 0.3
_SHOCK_PRIOR = 15.0
_FACTORS = 24
_SMALL = 3.0


class Told(msgspec.Struct, frozen=True):
    """One origin's days, metric × DAYS: orders undecided, log-odds without signs, those that came.

    `signs` is metric × DAYS × SIGNS; `noise` the variance of one order's part, nan for yes or no.
    """

    undecided: Floats
    odds: Floats
    came: Floats
    signs: Floats
    noise: Floats


class Shocks(msgspec.Struct, frozen=True):
    """A factor model of log-odds over metric·DAYS: `common` ((metric·DAYS) × factors) and `own`."""

    common: Floats
    own: Floats

    @property
    def variance(self) -> Floats:
        """Of each metric and day."""
        return np.asarray((self.common**2).sum(axis=1) + self.own**2)

    def drawn(self, chances: np.random.Generator, courses: int) -> Floats:
        """Draw courses × (metric·DAYS), with tails heavier than the normal distribution's."""
        together = chances.standard_normal((courses, self.common.shape[1])) @ self.common.T
        alone = chances.standard_normal((courses, len(self.own))) * self.own
        freedom = 6.0
        heavy = np.sqrt((freedom - 2) / chances.chisquare(freedom, (courses, 1)))
        return np.asarray((together + alone) * heavy)


def weights_of(told: Sequence[Told], metrics: int) -> Floats:
    """Fit metric × DAYS × SIGNS by ridge logistic regression, days of one group alike."""
    weights = np.zeros((metrics, DAYS, SIGNS))
    if not told:
        return weights
    for metric in range(metrics):
        for first, last in _GROUPS:
            days = slice(first - 1, last)
            parts = zip(*(_flat(one, metric, days) for one in told), strict=True)
            signs, odds, n, came = (np.concatenate(part) for part in parts)
            weights[metric, days] = _fitted(signs, odds, n, came)
    return weights


def _flat(told: Told, metric: int, days: slice) -> tuple[Floats, Floats, Floats, Floats]:
    known = ~np.isnan(told.came[metric, days]) & (told.undecided[metric, days] > 0)
    return (
        told.signs[metric, days][known],
        told.odds[metric, days][known],
        told.undecided[metric, days][known],
        told.came[metric, days][known],
    )


def _fitted(signs: Floats, odds: Floats, n: Floats, came: Floats) -> Floats:
    """Iterate Newton's step; a day of many orders weighs little more than one of some dozens."""
    beta = np.zeros(SIGNS)
    if len(n) < 5:
        return beta
    for _ in range(12):
        p = chance(odds + signs @ beta)
        v = p * (1 - p)
        trust = 1 / (1 + n * v * _SHOCK_VARIANCE)
        slope = signs.T @ (trust * (came - n * p)) - _RIDGE * beta
        curve = (signs * (trust * n * v)[:, None]).T @ signs + np.diag(_RIDGE)
        step = np.linalg.solve(curve, slope)
        beta = beta + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-6:
            break
    return beta


def shocks_of(told: Sequence[Told], weights: Floats) -> Shocks:
    """Estimate the covariance of days' shocks by moments: chance does not covary between days."""
    metrics = weights.shape[0]
    size = metrics * DAYS
    if not size:
        return Shocks(np.zeros((0, 0)), np.zeros(0))
    off, heed, noise = (np.zeros((len(told), size)) for _ in range(3))
    for i, one in enumerate(told):
        p = chance(one.odds + np.einsum("mds,mds->md", one.signs, weights))
        sway = one.undecided * p * (1 - p)
        there = ~np.isnan(one.came)
        trust = np.where(there, sway / (sway + _SMALL), 0.0)
        miss = np.where(there, np.nan_to_num(one.came) - one.undecided * p, 0.0)
        each = np.where(np.isnan(one.noise), p * (1 - p), np.nan_to_num(one.noise))
        off[i] = (trust * miss / np.maximum(sway, 1e-9)).ravel()
        heed[i] = trust.ravel()
        noise[i] = (trust**2 * one.undecided * each / np.maximum(sway, 1e-9) ** 2).ravel()
    moments = off.T @ off - np.diag(noise.sum(axis=0))
    return _factored((moments + _SHOCK_PRIOR * prior(metrics)) / (heed.T @ heed + _SHOCK_PRIOR))


def prior(metrics: int) -> Floats:
    """Return the covariance assumed before there is experience: it fades from day to day."""
    lag = np.abs(np.arange(DAYS)[:, None] - np.arange(DAYS)[None, :])
    fades = _SHOCK_VARIANCE * _SHOCK_STAYS**lag
    across = np.full((metrics, metrics), _SHOCK_SHARED) + (1 - _SHOCK_SHARED) * np.eye(metrics)
    return np.kron(across, fades)


def _factored(covariance: Floats) -> Shocks:
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    values, vectors = values[::-1][:_FACTORS], vectors[:, ::-1][:, :_FACTORS]
    common = vectors * np.sqrt(np.maximum(values, 0))
    left = np.diag(covariance) - (common**2).sum(axis=1)
    return Shocks(common, np.sqrt(np.clip(left, 0.0, 2.0)))


def centred(odds: Floats, variance: Floats) -> Floats:
    """Move log-odds so that their chance, shaken by a shock of `variance`, stays on the mean.

    MacKay's approximation of the logistic-normal mean (Neural Computation 4 (1992), 720–736).
    """
    return np.asarray(odds * np.sqrt(1 + np.pi * variance / 8))
