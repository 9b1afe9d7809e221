"""Bands and limits say what follows, the harder one where both speak."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.experience.profiles.load import load
from penstock.experience.profiles.profile import ORDERS, Profile
from penstock.experience.profiles.severity import KINDS
from penstock.experience.scores.limits import limits_broken
from penstock.experience.scores.points import Count
from penstock.experience.scores.score import Score, score
from penstock.lending import score_rules
from penstock.merchants.growth.bands import ScoreBand, ScoreRules, band_of_score, said

LES, SEA = load("penstock_les"), load("tiktok_shop_sea")


def at(points: int, profile: Profile = LES) -> Score:
    empty = score(profile, {ORDERS: Count(numerator=0, denominator=100)})
    return msgspec.structs.replace(empty, points=Decimal(points), status="final")


DAY = date(2026, 11, 20)
SUBJECTS = {
    "volume_limit": "volume_percent",
    "probation": "probation",
    "settlement_days": "settlement_days",
    "return_share": "return_share",
    "streams": "streams",
}


def reached(profile: Profile, scored: Score) -> tuple[ScoreRules, int]:
    rules = score_rules(profile.code, DAY)
    assert rules is not None
    return rules, -1 if scored.points is None else band_of_score(rules.bands, float(scored.points))


def speakers(profile: Profile, scored: Score) -> dict[str, ScoreBand]:
    """Who decides about each kind, by the very rules that act on merchants."""
    rules, place = reached(profile, scored)
    limits = rules.limits(msgspec.json.encode(scored).decode())
    who = {kind: said(rules.bands, place, limits, of) for kind, of in SUBJECTS.items()}
    return {kind: band for kind, band in who.items() if band is not None}


def told(profile: Profile, scored: Score) -> dict[str, int | bool]:
    """What follows; a cap of 100 % is none."""
    values = {
        kind: getattr(band, SUBJECTS[kind]) for kind, band in speakers(profile, scored).items()
    }
    return {kind: value for kind, value in values.items() if (kind, value) != ("volume_limit", 100)}


def band_of(profile: Profile, scored: Score) -> str | None:
    rules, place = reached(profile, scored)
    return rules.bands[place].code if place >= 0 else None


def sea(late: int, of: int, cancelled: int = 0) -> Score:
    counts = {
        ORDERS: Count(numerator=0, denominator=100),
        "LDR_7D": Count(numerator=late, denominator=of),
        "SFCR_7D": Count(numerator=cancelled, denominator=100),
        "SFCR": Count(numerator=cancelled, denominator=100),
    }
    return score(SEA, counts)


@pytest.mark.parametrize(
    ("points", "band", "follows"),
    [
        (100, "excellent", {"settlement_days": 1, "return_share": 20, "streams": True}),
        (90, "excellent", {"settlement_days": 1, "return_share": 20, "streams": True}),
        (89, "good", {"settlement_days": 5, "return_share": 50, "streams": True}),
        (
            44,
            "poor",
            {
                "volume_limit": 70,
                "probation": True,
                "settlement_days": 31,
                "return_share": 100,
                "streams": False,
            },
        ),
    ],
)
def test_the_highest_band_that_is_reached_decides(
    points: int, band: str, follows: dict[str, int | bool]
) -> None:
    assert band_of(LES, at(points)) == band
    assert follows.items() <= told(LES, at(points)).items()


def test_a_lower_bands_restrictions_do_not_reach_up() -> None:
    assert told(LES, at(75))["probation"] is False
    assert "volume_limit" not in told(LES, at(75))


def test_a_band_without_an_effect_is_passed_over() -> None:
    us = load("tiktok_shop_us")
    opened = msgspec.structs.replace(at(0, us), points=Decimal("4.6"))
    assert (band_of(us, opened), told(us, opened)["settlement_days"]) == ("live_giveaway", 1)
    affiliate = msgspec.structs.replace(opened, points=Decimal("3.6"))
    assert told(us, affiliate) == {"settlement_days": 8, "return_share": 50}


def test_without_a_score_nothing_follows() -> None:
    nothing = score(LES, {ORDERS: Count(numerator=0, denominator=0)})
    assert told(LES, nothing) == {}
    assert band_of(LES, nothing) is None


@pytest.mark.parametrize(
    ("late", "percent"),
    [(0, None), (9, None), (10, 90), (29, 90), (30, 70), (49, 70), (50, 50), (100, 50)],
)
def test_the_rates_of_a_week_limit_volume(late: int, percent: int | None) -> None:
    scored = sea(late, 100)
    limited = speakers(SEA, scored).get("volume_limit")
    assert (limited.volume_percent if limited else None) == percent
    if limited:
        assert (limited.days, limited.code) == (7, "LDR_7D")
    beyond = {m.code: m.beyond_limit for m in scored.metrics}
    assert beyond["LDR_7D"] is (percent is not None)


def test_of_two_limits_the_harder_one_counts() -> None:
    (limited,) = speakers(SEA, sea(10, 100, cancelled=30)).values()
    assert (limited.code, limited.volume_percent) == ("SFCR_7D", 70)


def test_a_limit_may_ask_for_orders() -> None:
    metric = next(m for m in SEA.metrics if m.code == "LDR_7D")
    few = msgspec.structs.replace(metric.limits[0], orders_min=30)
    shy = msgspec.structs.replace(metric, limits=(few,))
    dimension = msgspec.structs.replace(
        SEA.dimensions[1],
        metrics=tuple(shy if m.code == shy.code else m for m in SEA.dimensions[1].metrics),
    )
    parts = (SEA.dimensions[0], dimension, SEA.dimensions[2])
    profile = msgspec.structs.replace(SEA, dimensions=parts)
    for orders, limited in ((29, False), (30, True)):
        assert any(limits_broken(profile, sea(orders, orders))) is limited


@given(st.integers(0, 99))
def test_nobody_is_treated_worse_for_a_better_score(points: int) -> None:
    lower, higher = told(LES, at(points)), told(LES, at(points + 1))
    for kind, (_, severity, silence) in KINDS.items():
        worse, better = lower.get(kind, silence), higher.get(kind, silence)
        if worse is not None and better is not None:
            assert severity(better) <= severity(worse)
