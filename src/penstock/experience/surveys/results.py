"""What the questionnaire found: each dimension's mean, its error, and whether to believe it."""

from collections.abc import Sequence

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.drivers.questionnaire import Audience, shipped
from penstock.experience.drivers.survey import Answers, DimensionResult, score

SHOWN_FROM = 5
"""Fewer respondents are not shown to the merchant they speak of: it could tell who said what."""


class Given(msgspec.Struct, frozen=True):
    """One audience's answers to one version: `answers` is JSON, an object for each respondent."""

    audience: Audience
    questionnaire: str
    version: int
    open: int
    answers: str


class SurveyResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one audience said. `withheld` says why there are no dimensions, where there are none.

    `straight_lined` respondents ticked one column and are left out of the dimensions.
    """

    audience: Audience
    questionnaire: str
    version: int
    asked: int
    answered: int
    straight_lined: int
    dimensions: tuple[DimensionResult, ...]
    withheld: str


@query
async def answers_given(
    tx: Transaction,
    *,
    merchant: int | None,
    round: str | None,  # noqa: A002  the column's name
) -> list[Given]:
    """Gather the answers by audience and version."""


async def survey_results(
    tx: Transaction,
    *,
    merchant: int | None,
    round: str | None,  # noqa: A002  the column's name
    shown_from: int,
) -> list[SurveyResult]:
    """Score what was answered about a merchant (None: about all), in a round (None: in all).

    Fewer than `shown_from` shoppers are counted and not shown.
    """
    given = await answers_given(tx, merchant=merchant, round=round)
    return [_result(one, shown_from) for one in given]


async def shoppers_answers(tx: Transaction, merchants: Sequence[int]) -> dict[int, list[Answers]]:
    """Return what shoppers answered to the questionnaire that is asked now, by merchant."""
    asked, found = shipped(), {}
    for merchant in merchants:
        given = await answers_given(tx, merchant=merchant, round=None)
        found[merchant] = [
            row
            for one in given
            if (one.audience, one.questionnaire, one.version)
            == ("shopper", asked.code, asked.version)
            for row in _read(one)
        ]
    return found


def _read(given: Given) -> Sequence[Answers]:
    rows: list[dict[str, int | None]] = msgspec.json.decode(
        given.answers, type=list[dict[str, int | None]]
    )
    return rows


def _result(given: Given, shown_from: int) -> SurveyResult:
    asked, rows = shipped(), _read(given)
    withheld = ""
    if (given.questionnaire, given.version) != (asked.code, asked.version):
        withheld = "asked with a version that this program no longer has"
    elif not rows:
        withheld = "nobody has answered yet"
    elif given.audience == "shopper" and len(rows) < shown_from:
        withheld = f"fewer than {shown_from} shoppers have answered: who said what could be told"
    scored = None if withheld else score(asked, given.audience, rows)
    return SurveyResult(
        audience=given.audience,
        questionnaire=given.questionnaire,
        version=given.version,
        asked=given.open + len(rows),
        answered=len(rows),
        straight_lined=0 if scored is None else len(scored.straight_lined),
        dimensions=() if scored is None else tuple(scored.dimensions),
        withheld=withheld,
    )
