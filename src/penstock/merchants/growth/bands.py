"""Which band a score is in, without going to and fro, and what it says: the pure rules."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Literal, get_args

import msgspec

Subject = Literal["volume_percent", "probation", "settlement_days", "return_share", "streams"]
"""What bands speak of."""


class ScoreBand(msgspec.Struct, frozen=True, kw_only=True):
    """What a band of a score profile, from `at` points up to the next one, does to a merchant.

    None does not speak of it. `volume_percent` is of the merchant's mean orders a day;
    `settlement_days` from delivery to payment; `return_share` the merchant's percentage of what
    it and the platform bear of a return's fee; `streams` whether it may schedule livestreams. It
    holds for `days` at least. A metric beyond a limit of its own says the same things; `at` then
    means nothing.
    """

    code: str
    at: float
    volume_percent: int | None = None
    probation: bool | None = None
    settlement_days: int | None = None
    return_share: int | None = None
    streams: bool | None = None
    days: int | None = None


class ScoreRules(msgspec.Struct, frozen=True):
    """A score profile's bands, the lowest first, and what the limits of its metrics say.

    `limits` takes the detail of a score (its JSON text) and returns what is beyond its limit.
    """

    bands: tuple[ScoreBand, ...]
    limits: Callable[[str], Sequence[ScoreBand]]


RulesOf = Callable[[str, date], ScoreRules | None]
"""The rules of a score profile, by its code, on a day; None where there is no such profile."""


def no_rules(profile: str, day: date) -> ScoreRules | None:  # noqa: ARG001  stands where no profile is at hand
    """Know of no profile."""
    return None


def band_of_score(
    bands: Sequence[ScoreBand], score: float, *, before: str = "", margin: float = 0.0
) -> int:
    """Return the place of a score's band among `bands`, the lowest first; −1 below them all.

    It is the highest one whose line the score reaches; one above `before`, the band in which the
    merchant is until now, only from `margin` points over its line.
    """
    codes = [band.code for band in bands]
    place = codes.index(before) if before in codes else len(codes)
    found = -1
    for i, band in enumerate(bands):
        if score >= (band.at if i <= place else band.at + margin):
            found = i
    return found


def said(
    bands: Sequence[ScoreBand], place: int, limits: Sequence[ScoreBand], subject: Subject
) -> ScoreBand | None:
    """Return who decides about a subject, None where nobody speaks of it.

    The highest band up to `place` that says anything decides alone: what it does not speak of is
    as by default, whatever a lower band says. A limit decides only where it is stricter.
    """
    saying = [band for band in bands[: place + 1] if _says(band)]
    best = saying[-1] if saying and getattr(saying[-1], subject) is not None else None
    for limit in limits:
        value = getattr(limit, subject)
        if value is not None and (
            best is None
            or _strictness(subject, value) > _strictness(subject, getattr(best, subject))
        ):
            best = limit
    return best


def _says(band: ScoreBand) -> bool:
    return any(getattr(band, subject) is not None for subject in get_args(Subject))


def _strictness(subject: Subject, value: int) -> int:
    """Tell how hard a value is: less volume, more days, a larger share, no streams, probation."""
    return -value if subject in {"volume_percent", "streams"} else value
