"""Two small models with a little shrinkage: a straight line, and its log odds."""

from collections.abc import Callable

from penstock.experience.drivers.array import Matrix, Vector, np

_RIDGE = 1.0
_ROUNDS_MAX = 50
_TOLERANCE = 1e-8
Predict = Callable[[Matrix], Vector]


def linear(covariates: Matrix, outcome: Vector) -> Predict:
    """Fit ridge regression on standardised covariates; the intercept is not shrunk."""
    prepare = _prepared(covariates)
    design = prepare(covariates)
    coefficients = np.linalg.solve(design.T @ design + _penalty(design), design.T @ outcome)
    return lambda rows: np.asarray(prepare(rows) @ coefficients)


def logistic(covariates: Matrix, outcome: Vector) -> Predict:
    """Fit ridge logistic regression by Newton's method; predicts the probability of a 1.

    The shrinkage keeps the answer finite where covariates separate the outcomes wholly.
    """
    prepare = _prepared(covariates)
    design = prepare(covariates)
    penalty = _penalty(design)
    share = min(max(float(outcome.mean()), 1e-6), 1 - 1e-6)
    coefficients = np.zeros(design.shape[1])
    coefficients[0] = np.log(share / (1 - share))
    loss = _loss(design, outcome, coefficients, penalty)
    for _ in range(_ROUNDS_MAX):
        chance = _chance(design @ coefficients)
        gradient = design.T @ (chance - outcome) + penalty @ coefficients
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + penalty
        curvature[0, 0] += _TOLERANCE
        step = np.linalg.solve(curvature, gradient)
        stride = 1.0
        while (new := _loss(design, outcome, coefficients - stride * step, penalty)) > loss:
            stride /= 2
            if stride < _TOLERANCE:
                return lambda rows: _chance(prepare(rows) @ coefficients)
        coefficients = coefficients - stride * step
        if loss - new < _TOLERANCE * len(outcome):
            break
        loss = new
    return lambda rows: _chance(prepare(rows) @ coefficients)


def _prepared(covariates: Matrix) -> Callable[[Matrix], Matrix]:
    """Standardise by these rows, and put a column of ones in front."""
    centre, spread = covariates.mean(axis=0), covariates.std(axis=0)
    spread[spread == 0] = 1
    return lambda rows: np.column_stack([np.ones(len(rows)), (rows - centre) / spread])


def _penalty(design: Matrix) -> Matrix:
    penalty = np.eye(design.shape[1]) * _RIDGE
    penalty[0, 0] = 0
    return np.asarray(penalty)


def _chance(log_odds: Vector) -> Vector:
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -500, 500))))


def _loss(design: Matrix, outcome: Vector, coefficients: Vector, penalty: Matrix) -> float:
    log_odds = design @ coefficients
    likelihood = (np.logaddexp(0, log_odds) - outcome * log_odds).sum()
    return float(likelihood + coefficients @ penalty @ coefficients / 2)
