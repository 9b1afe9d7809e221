"""Plain words for the parts of an explanation, the same on paper, on a terminal and in a file."""

from datetime import datetime
from decimal import Decimal

from penstock.experience.explain.miss import Miss
from penstock.experience.profiles.profile import Metric
from penstock.experience.scores.score import MetricScore


def at(moment: datetime | None) -> str:
    """Write a moment to the minute, in UTC; nothing for none."""
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def lasting(seconds: int | None) -> str:
    """Write a duration in its two largest units."""
    if seconds is None:
        return ""
    for unit, size, part, smaller in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60)):
        if seconds >= size:
            rest = seconds % size // smaller
            return (
                f"{seconds // size} {unit} {rest} {part}" if rest else f"{seconds // size} {unit}"
            )
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"


def told(miss: Miss) -> str:
    """Say in one sentence how an order missed what was asked of it."""
    if miss.took_s is not None:
        return f"{miss.what} took {lasting(miss.took_s)}"
    if miss.due_at is None:
        return f"{miss.what} {at(miss.happened_at)}" if miss.happened_at else f"no {miss.what}"
    due = f"{miss.what} due {at(miss.due_at)}"
    late = lasting(miss.late_s)
    if miss.happened_at is None:
        return f"{due}, has not happened, {late} over"
    return f"{due}, came {at(miss.happened_at)}, {late} late"


def counted(metric: Metric, scored: MetricScore) -> str:
    """Write what a metric counted, in its own unit."""
    if not scored.denominator:
        return "nothing"
    if metric.quantity:
        value = "" if scored.value is None else f" = {scored.value:,.2f} {metric.unit}".rstrip()
        return f"mean of {scored.denominator:,}{value}"
    value = "" if scored.value is None else f" = {scored.value:.2%}"
    return f"{scored.numerator:,} of {scored.denominator:,}{value}"


def reckoned(scored: MetricScore, high: Decimal) -> str:
    """Write how a metric's loss follows from its weight and points."""
    if scored.points is None:
        return "nothing was counted"
    return f"{scored.weight} % of ({high} - {scored.points}) = {scored.points_lost}"
