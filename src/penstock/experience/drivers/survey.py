"""Scoring answers to the questionnaire: dimensions, their reliability, and what was left out.

Sources: Cronbach (1951), Coefficient alpha and the internal structure of tests, Psychometrika
16(3), 297-334; Nunnally & Bernstein (1994), Psychometric Theory, for 0.7 as the usual floor.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, variance
from typing import Literal

import msgspec

from penstock.experience.drivers.questionnaire import Audience, Dimension, Item, Questionnaire
from penstock.kernel.errors import Invalid

Answers = Mapping[str, int | None]
"""One respondent's answers: item code → a number of the scale, or None where left out."""
Fault = Literal["unknown_item", "off_the_scale"]
RELIABLE = 0.7
ANSWERED_SHARE_MIN = 0.5
"""A respondent's dimension is scored from half of its items on; the rest is silence."""
_COMPLETE_MIN = 3


class Ignored(msgspec.Struct, frozen=True):
    """An answer that counts as left out, by the respondent's place in the answers given."""

    respondent: int
    item: str
    fault: Fault


class ItemResult(msgspec.Struct, frozen=True, kw_only=True):
    """One item, turned so that high is good.

    `rest_correlation` is with the mean of the dimension's other items, among complete answers; a
    negative one says that the item was misread. None: nothing to tell it from.
    """

    code: str
    answered: int
    mean: float | None
    rest_correlation: float | None


class DimensionResult(msgspec.Struct, frozen=True, kw_only=True):
    """One dimension over all respondents; `points` are the mean as 0 to 100.

    `reliable` is None where too few answered completely to tell.
    """

    code: str
    respondents: int
    mean: float | None
    std_error: float | None
    points: float | None
    cronbach_alpha: float | None
    reliable: bool | None
    items: list[ItemResult]


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """The scored answers of one audience; `scores` has, per respondent, dimension → mean or None.

    `straight_lined` respondents gave one and the same answer to everything, reversed items too:
    they are counted here, and left out of all else (their scores are None).
    """

    audience: Audience
    respondents: int
    straight_lined: list[int]
    ignored: list[Ignored]
    dimensions: list[DimensionResult]
    scores: list[dict[str, float | None]]


def score(asked: Questionnaire, audience: Audience, answers: Sequence[Answers]) -> Survey:
    """Score one audience's answers, one mapping for each respondent.

    Raises:
        Invalid: the questionnaire is not for this audience.

    """
    if audience not in {one.code for one in asked.audience}:
        raise Invalid(f"questionnaire '{asked.code}' is not for a {audience}")
    items = {item.code: item for item in asked.items(audience)}
    read, ignored, straight = [], [], []
    for number, given in enumerate(answers):
        known, faults = _read(asked, items, given)
        ignored += [Ignored(number, code, fault) for code, fault in faults]
        if _straight(asked, items, known):
            straight.append(number)
            known = {}
        turned = {code: _turned(asked, items[code], value) for code, value in known.items()}
        read.append(turned)
    scores = [
        {dimension.code: _mean(dimension.items(audience), row) for dimension in asked.dimension}
        for row in read
    ]
    return Survey(
        audience=audience,
        respondents=len(answers),
        straight_lined=straight,
        ignored=ignored,
        dimensions=[_dimension(asked, d, audience, read, scores) for d in asked.dimension],
        scores=scores,
    )


def complete_columns(
    asked: Questionnaire, audience: Audience, answers: Sequence[Answers]
) -> dict[str, list[float]]:
    """Return the items as columns for a path model, turned so that high is good.

    Only respondents who answered every item with a number of the scale are in.
    """
    items = asked.items(audience)
    known = {item.code: item for item in items}
    rows = [_read(asked, known, given)[0] for given in answers]
    whole = [row for row in rows if len(row) == len(items) and not _straight(asked, known, row)]
    return {
        item.code: [float(_turned(asked, item, row[item.code])) for row in whole] for item in items
    }


def cronbach_alpha(rows: Sequence[Sequence[float]]) -> float | None:
    """Return alpha of complete answers (respondents × items); None where it cannot be told."""
    if len(rows) < _COMPLETE_MIN or len(rows[0]) < 2:
        return None
    size = len(rows[0])
    total = variance([math.fsum(row) for row in rows])
    if total <= 0:
        return None
    apart = math.fsum(variance(column) for column in zip(*rows, strict=True))
    return size / (size - 1) * (1 - apart / total)


def _read(
    asked: Questionnaire, items: Mapping[str, Item], given: Answers
) -> tuple[dict[str, int], list[tuple[str, Fault]]]:
    known: dict[str, int] = {}
    faults: list[tuple[str, Fault]] = []
    for code, value in given.items():
        if code not in items:
            faults.append((code, "unknown_item"))
        elif value is not None and not (
            type(value) is int and asked.scale.low <= value <= asked.scale.high
        ):
            faults.append((code, "off_the_scale"))
        elif value is not None:
            known[code] = value
    return known, faults


def _straight(asked: Questionnaire, items: Mapping[str, Item], known: Mapping[str, int]) -> bool:
    """Tell who ticks one column: only who is undecided agrees as much with a thing's contrary."""
    if len(known) < len(items) or len(set(known.values())) != 1:
        return False
    item, value = next(iter(items.values())), next(iter(known.values()))
    undecided = _turned(asked, msgspec.structs.replace(item, reversed=True), value) == value
    return not undecided and len({item.reversed for item in items.values()}) > 1


def _turned(asked: Questionnaire, item: Item, value: int) -> int:
    return asked.scale.low + asked.scale.high - value if item.reversed else value


def _mean(items: Sequence[Item], row: Mapping[str, int]) -> float | None:
    given = [row[item.code] for item in items if item.code in row]
    return fmean(given) if given and len(given) >= ANSWERED_SHARE_MIN * len(items) else None


def _dimension(
    asked: Questionnaire,
    dimension: Dimension,
    audience: Audience,
    read: Sequence[Mapping[str, int]],
    scores: Sequence[Mapping[str, float | None]],
) -> DimensionResult:
    items = dimension.items(audience)
    means = [mean for row in scores if (mean := row[dimension.code]) is not None]
    complete = [
        [float(row[item.code]) for item in items]
        for row in read
        if all(item.code in row for item in items)
    ]
    alpha = cronbach_alpha(complete)
    mean = fmean(means) if means else None
    spread = asked.scale.high - asked.scale.low
    return DimensionResult(
        code=dimension.code,
        respondents=len(means),
        mean=mean,
        std_error=math.sqrt(variance(means) / len(means)) if len(means) > 1 else None,
        points=None if mean is None else 100 * (mean - asked.scale.low) / spread,
        cronbach_alpha=alpha,
        reliable=None if alpha is None else alpha >= RELIABLE,
        items=[_item(place, item, read, complete) for place, item in enumerate(items)],
    )


def _item(
    place: int, item: Item, read: Sequence[Mapping[str, int]], complete: Sequence[Sequence[float]]
) -> ItemResult:
    given = [row[item.code] for row in read if item.code in row]
    own = [row[place] for row in complete]
    rest = [math.fsum(row) - row[place] for row in complete]
    return ItemResult(
        code=item.code,
        answered=len(given),
        mean=fmean(given) if given else None,
        rest_correlation=_correlation(own, rest),
    )


def _correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    if len(first) < _COMPLETE_MIN:
        return None
    a = [value - fmean(first) for value in first]
    b = [value - fmean(second) for value in second]
    size = math.sqrt(math.fsum(x * x for x in a) * math.fsum(y * y for y in b))
    return math.fsum(x * y for x, y in zip(a, b, strict=True)) / size if size > 0 else None
