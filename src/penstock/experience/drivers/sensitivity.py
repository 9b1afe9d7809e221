"""How strong an unmeasured cause would have to be to explain an effect away: the E-value.

Source: VanderWeele & Ding (2017), Sensitivity analysis in observational research: introducing the
E-value, Annals of Internal Medicine 167(4), 268-274.
"""

import math

import msgspec

from penstock.kernel.errors import Invalid

_RISK_PER_SD = 0.91
_REACH_PER_SD = 1.78
"""0.91 turns a standardised difference into a log risk ratio; 1.78 = 0.91 × 1.96."""
_LOG_MAX = 300.0


class EValue(msgspec.Struct, frozen=True, kw_only=True):
    """The least risk ratio with both treatment and outcome that would explain the effect away.

    `limit` asks the same of the confidence limit nearest to no effect (95 %); 1 means that it
    takes nothing, since the interval holds no effect already.
    """

    estimate: float
    limit: float


def e_value(risk_ratio: float) -> float:
    """Return RR + sqrt(RR·(RR - 1)), of the inverse if the ratio is below 1.

    Raises:
        Invalid: the ratio is not a positive number.

    """
    if not (risk_ratio > 0 and math.isfinite(risk_ratio)):
        raise Invalid(f"a risk ratio is a positive number, not {risk_ratio}")
    ratio = max(risk_ratio, 1 / risk_ratio)
    return ratio + math.sqrt(ratio * (ratio - 1))


def e_value_of_ratio(risk_ratio: float, low: float, high: float) -> EValue:
    """Return the E-values of a risk ratio and of its confidence limit nearest to 1."""
    if not low <= risk_ratio <= high:
        raise Invalid("a risk ratio lies between its confidence limits")
    nearest = low if risk_ratio > 1 else high
    crosses = low <= 1 <= high
    return EValue(estimate=e_value(risk_ratio), limit=1.0 if crosses else e_value(nearest))


def e_value_of_difference(effect: float, std_error: float, spread: float) -> EValue:
    """Return the E-values of a difference of means; `spread` is the outcome's standard deviation.

    Raises:
        Invalid: the outcome does not vary.

    """
    if not spread > 0:
        raise Invalid("the outcome is the same in every row: there is no effect to explain")
    size, reach = _RISK_PER_SD * effect / spread, _REACH_PER_SD * std_error / spread
    ratio, low, high = (
        math.exp(max(-_LOG_MAX, min(_LOG_MAX, at))) for at in (size, size - reach, size + reach)
    )
    return e_value_of_ratio(ratio, low, high)
