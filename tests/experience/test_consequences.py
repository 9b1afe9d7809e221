"""Bands and limits say what follows, the harder one where both speak."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.experience.consequences import KINDS, band_of, consequences
from penstock.experience.load import load
from penstock.experience.points import Count
from penstock.experience.profile import ORDERS, Profile
from penstock.experience.score import Score, score

LES, SEA = load("penstock_les"), load("tiktok_shop_sea")


def at(points: int, profile: Profile = LES) -> Score:
    empty = score(profile, {ORDERS: Count(numerator=0, denominator=100)})
    return msgspec.structs.replace(empty, points=Decimal(points), status="final")


def told(profile: Profile, scored: Score) -> dict[str, Decimal | bool]:
    return {c.kind: c.value for c in consequences(profile, scored)}


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
    points: int, band: str, follows: dict[str, Decimal | bool]
) -> None:
    reached = band_of(LES, at(points))
    assert reached is not None
    assert reached.code == band
    assert follows.items() <= told(LES, at(points)).items()


def test_a_lower_bands_restrictions_do_not_reach_up() -> None:
    assert told(LES, at(75))["probation"] is False
    assert "volume_limit" not in told(LES, at(75))


def test_a_band_without_an_effect_is_passed_over() -> None:
    us = load("tiktok_shop_us")
    opened = msgspec.structs.replace(at(0, us), points=Decimal("4.6"))
    top = band_of(us, opened)
    assert top is not None
    assert (top.code, told(us, opened)["settlement_days"]) == ("live_giveaway", 1)
    affiliate = msgspec.structs.replace(opened, points=Decimal("3.6"))
    assert told(us, affiliate) == {"settlement_days": 8, "return_share": 50}


def test_without_a_score_nothing_follows() -> None:
    nothing = score(LES, {ORDERS: Count(numerator=0, denominator=0)})
    assert consequences(LES, nothing) == ()
    assert band_of(LES, nothing) is None


@pytest.mark.parametrize(
    ("late", "percent"),
    [(0, None), (9, None), (10, 90), (29, 90), (30, 70), (49, 70), (50, 50), (100, 50)],
)
def test_the_rates_of_a_week_limit_volume(late: int, percent: int | None) -> None:
    scored = sea(late, 100)
    found = {c.kind: c for c in consequences(SEA, scored)}
    limited = found.get("volume_limit")
    assert (limited.value if limited else None) == percent
    if limited:
        assert (limited.days, limited.volume_days, limited.code) == (7, 28, "LDR_7D")
        assert "one week" in limited.title
    beyond = {m.code: m.beyond_limit for m in scored.metrics}
    assert beyond["LDR_7D"] is (percent is not None)


def test_of_two_limits_the_harder_one_counts() -> None:
    (limited,) = consequences(SEA, sea(10, 100, cancelled=30))
    assert (limited.code, limited.value) == ("SFCR_7D", 70)


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
        assert bool(consequences(profile, sea(orders, orders))) is limited


@given(st.integers(0, 99))
def test_nobody_is_treated_worse_for_a_better_score(points: int) -> None:
    lower, higher = told(LES, at(points)), told(LES, at(points + 1))
    for kind, (_, severity, silence) in KINDS.items():
        worse, better = lower.get(kind, silence), higher.get(kind, silence)
        if worse is not None and better is not None:
            assert severity(better) <= severity(worse)
