"""From the metrics' points to the exact total: weights, bonuses, misconduct, growth stage."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import msgspec

from penstock.experience.profiles.profile import Bonus, Metric, Profile
from penstock.experience.scores.points import Count, Worth, worth


class Rated(msgspec.Struct, frozen=True):
    """A metric, what it is worth, and its `share` of the whole score (the shares sum to 1)."""

    metric: Metric
    dimension: str
    count: Count
    worth: Worth | None
    share: Fraction

    def lost(self, high: Fraction) -> Fraction:
        """Return the points that it takes from a score of `high`."""
        return self.share * (high - self.worth.points) if self.worth else Fraction(0)


class Change(msgspec.Struct, frozen=True):
    """What a bonus (negative), misconduct or the growth stage takes from the score."""

    code: str
    title: str
    lost: Fraction


def rate(profile: Profile, counts: Mapping[str, Count], orders: int) -> list[Rated]:
    """Return every metric with its share; the weight of what was not counted goes to the rest.

    Within a dimension first, then, where a dimension has nothing, across dimensions.
    """
    worths = {
        metric.code: worth(metric, counts[metric.code], orders) if metric.code in counts else None
        for metric in profile.metrics
    }
    within = {
        dimension.code: _sum(
            Fraction(m.weight) for m in dimension.metrics if worths[m.code] is not None
        )
        for dimension in profile.dimensions
    }
    across = _sum(Fraction(d.weight) for d in profile.dimensions if within[d.code])
    rated = []
    for dimension in profile.dimensions:
        for metric in dimension.metrics:
            share = Fraction(0)
            if worths[metric.code] is not None and within[dimension.code] and across:
                share = Fraction(dimension.weight) / across
                share *= Fraction(metric.weight) / within[dimension.code]
            count = counts.get(metric.code, Count(numerator=0, denominator=0))
            rated.append(Rated(metric, dimension.code, count, worths[metric.code], share))
    return rated


def total(
    profile: Profile, rated: Sequence[Rated], counts: Mapping[str, Count]
) -> tuple[Fraction | None, list[Change]]:
    """Return the total after bonuses and misconduct, and what each changed; None: no metric."""
    if not any(r.share for r in rated):
        return None, []
    high, low = Fraction(profile.scale.high), Fraction(profile.scale.low)
    points = high - _sum(r.lost(high) for r in rated)
    changes = []
    for change in _bonuses(profile, rated, counts):
        won = min(-change.lost, high - points)
        points += won
        changes.append(Change(change.code, change.title, -won))
    for change in _misconducts(profile, counts):
        taken = min(change.lost, points - low)
        points -= taken
        changes.append(Change(change.code, change.title, taken))
    return points, changes


def growth(
    profile: Profile, rated: Sequence[Rated], counts: Mapping[str, Count]
) -> tuple[Fraction, list[Change]]:
    """Return the fixed points of a shop below the gate, and why they are not full."""
    gate = profile.gate
    assert gate.growth_points is not None
    assert gate.growth_cut_points is not None
    assert gate.pass_points is not None
    least = Fraction(gate.pass_points)
    failed = any(r.worth is not None and r.share and r.worth.points < least for r in rated)
    failed = failed or any(True for _ in _misconducts(profile, counts))
    points = Fraction(gate.growth_cut_points if failed else gate.growth_points)
    return points, [Change("growth", "growth stage", Fraction(profile.scale.high) - points)]


def _bonuses(
    profile: Profile, rated: Sequence[Rated], counts: Mapping[str, Count]
) -> Iterator[Change]:
    high = Fraction(profile.scale.high)
    for dimension in ("", *(d.code for d in profile.dimensions)):
        members = [r for r in rated if r.dimension == dimension]
        room = _sum(r.lost(high) for r in members)
        weight = _sum(r.share for r in members)
        for bonus in profile.bonuses:
            if bonus.dimension != dimension or not _events(counts, bonus.code):
                continue
            won = _won(bonus, weight, room)
            room -= won
            yield Change(bonus.code, bonus.title, -won)


def _won(bonus: Bonus, weight: Fraction, room: Fraction) -> Fraction:
    """Hold a dimension to the scale's high end; without one the points go to the total."""
    points = Fraction(bonus.points)
    return min(points * weight, room) if bonus.dimension else points


def _misconducts(profile: Profile, counts: Mapping[str, Count]) -> Iterator[Change]:
    for misconduct in profile.misconducts:
        taken = Fraction(misconduct.points) * _events(counts, misconduct.code)
        if misconduct.cap_points is not None:
            taken = min(taken, Fraction(misconduct.cap_points))
        if taken:
            yield Change(misconduct.code, misconduct.title, taken)


def _events(counts: Mapping[str, Count], code: str) -> int:
    return counts[code].numerator if code in counts else 0


def _sum(parts: Iterator[Fraction]) -> Fraction:
    return sum(parts, Fraction(0))
