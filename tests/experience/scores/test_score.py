from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.experience.profiles.load import load, parse, shipped
from penstock.experience.profiles.profile import ORDERS, Metric, PerOrder, Profile
from penstock.experience.scores.points import Count, apportioned, mapped, rounded
from penstock.experience.scores.score import Score, score
from penstock.kernel.errors import Invalid

FEBRUARY, MAY = load("douyin_2026_02"), load("douyin_2026_05")


def of(numerator: int, denominator: int, excluded: int = 0) -> Count:
    return Count(numerator=numerator, denominator=denominator, excluded=excluded)


def metric_of(profile: Profile, code: str) -> Metric:
    return next(metric for metric in profile.metrics if metric.code == code)


def by_code(scored: Score) -> dict[str, Decimal | None]:
    parts = (*scored.metrics, *scored.dimensions)
    return {part.code: part.points for part in parts}


SHOP = {  # a real shop's page of February 2026
    ORDERS: of(0, 4212),
    "pickup_on_time": of(3196, 3196),
    "route_sla": of(2889, 3016),
    "logistics_returns": of(1, 4212),
    "product_rating": of(48702, 10000),
    "quality_returns": of(6, 3067),
    "reply_seconds": of(106823, 10063),
    "service_rate": of(1563, 1635),
}


def test_the_real_shop_earns_full_points_everywhere() -> None:
    scored = score(FEBRUARY, SHOP)
    assert set(by_code(scored).values()) == {Decimal(100)}
    assert (scored.points, scored.shown, scored.status) == (Decimal(100), Decimal("5.0"), "final")
    values = {metric.code: round(metric.value or 0, 6) for metric in scored.metrics}
    assert (values["route_sla"], values["logistics_returns"]) == (0.957891, 0.000237)
    assert round(values["reply_seconds"], 1) == 10.6


def test_the_real_shop_after_the_revision_of_may() -> None:
    counts = {**SHOP, "pickup_time": of(3196 * 100, 3196)}
    del counts["pickup_on_time"]
    scored = score(MAY, counts)
    assert by_code(scored)["logistics"] == 100
    assert scored.points == 100


@pytest.mark.parametrize(
    ("code", "value", "points"),
    [
        ("pickup_on_time", "0.5954", 50),
        ("pickup_on_time", "0.5955", 60),
        ("pickup_on_time", "0.7580", 70),
        ("pickup_on_time", "0.9683", 90),
        ("pickup_on_time", "0.9684", 100),
        ("route_sla", "0.7932", 50),
        ("route_sla", "0.8656", 70),
        ("route_sla", "0.9334", 100),
        ("logistics_returns", "0.00026", 100),
        ("logistics_returns", "0.00180", 70),
        ("logistics_returns", "0.00334", 60),
        ("logistics_returns", "0.00335", 50),
        ("reply_seconds", "15", 100),
        ("reply_seconds", "120", 70),
        ("reply_seconds", "180.1", 50),
        ("product_rating", "4.640", 70),
        ("product_rating", "4.791", 100),
    ],
)
def test_the_shops_thresholds_are_inclusive(code: str, value: str, points: int) -> None:
    assert mapped(metric_of(FEBRUARY, code), Fraction(value)) == points


THREE = """
code = "three"
title = "three dimensions, taken as they are"
version = "1"
effective_from = 2026-09-08
window_days = 30
lag_days = 0
time_zone = "UTC"
scale = { low = 0, high = 100, decimals = 0 }
gate = { population = "paid", orders_min = 30, below = "no_score" }
"""
for _code, _weight in (("product", 50), ("logistics", 20), ("service", 30)):
    THREE += f"""
[[dimension]]
code = "{_code}"
title = "{_code}"
weight = {_weight}
[[dimension.metric]]
code = "{_code}_points"
title = "points"
sub_process = "outside"
weight = 100
better = "higher"
supplied = true
mapping = {{ kind = "linear", points = [[0, 0], [1, 100]] }}
"""
THREE += """
[[bonus]]
code = "extra"
title = "extra"
points = 2
[[misconduct]]
code = "misconduct"
title = "misconduct"
points = 3
cap_points = 15
"""

PROFILES = [*(load(name) for name in shipped()), parse(THREE, "three.toml")]


def test_three_dimensions_of_a_seen_page_give_its_total() -> None:
    counts = {
        ORDERS: of(0, 500),
        "product_points": of(69, 100),
        "logistics_points": of(99, 100),
        "service_points": of(85, 100),
        "extra": of(1, 1),
    }
    scored = score(parse(THREE, "three.toml"), counts)
    assert (scored.points, scored.shown) == (Decimal("81.80"), Decimal(82))
    assert [a.points_lost for a in scored.adjustments] == [Decimal(-2)]
    assert {d.code: d.points_lost for d in scored.dimensions} == {
        "product": Decimal("15.5"),
        "logistics": Decimal("0.2"),
        "service": Decimal("4.5"),
    }
    full = {code: of(100, 100) for code in counts if code.endswith("_points")}
    assert score(parse(THREE, "three.toml"), {**counts, **full}).points == 100
    punished = score(parse(THREE, "three.toml"), {**counts, "misconduct": of(7, 7)})
    assert punished.points == Decimal("66.80")


@pytest.mark.parametrize(
    ("points", "stars"),
    [
        (100, "5.0"), (97, "5.0"), (96, "4.9"), (93, "4.9"), (92, "4.8"), (64, "4.1"),
        (61, "4.1"), (60, "4.0"), (59, "3.9"), (51, "3.1"), (50, "3.0"),
    ],
)  # fmt: skip
def test_what_consumers_see(points: int, stars: str) -> None:
    gate = msgspec.structs.replace(MAY.gate, growth_points=Decimal(points))
    profile = msgspec.structs.replace(MAY, gate=gate)
    assert score(profile, {ORDERS: of(0, 1)}).shown == Decimal(stars)


def test_a_young_shop_has_fixed_points() -> None:
    young = score(MAY, {ORDERS: of(0, 29), "route_sla": of(8, 10)})
    assert (young.status, young.points) == ("growth", Decimal(70))
    assert [a.points_lost for a in young.adjustments] == [Decimal(30)]
    assert all(metric.points_lost == 0 for metric in young.metrics)
    assert score(MAY, {ORDERS: of(0, 29), "route_sla": of(7, 10)}).points == 60
    assert score(MAY, {ORDERS: of(0, 29), "misconduct": of(1, 1)}).points == 60


def test_too_few_orders_give_no_score() -> None:
    tiktok = load("tiktok_shop_us")
    scored = score(tiktok, {ORDERS: of(0, 29), "OTDR": of(1, 29)})
    assert (scored.status, scored.points, scored.shown) == ("no_score", None, None)
    assert not any(metric.points_lost for metric in scored.metrics)
    assert next(m.value for m in scored.metrics if m.code == "OTDR") == 1 / 29


def test_no_orders_give_no_score_and_one_order_none_that_is_final() -> None:
    market = load("marketplace")
    assert score(market, {ORDERS: of(0, 0)}).status == "no_score"
    assert score(market, {ORDERS: of(0, 1), "cancellation": of(0, 1)}).status == "provisional"


def test_all_excluded_is_no_score_and_says_how_many() -> None:
    scored = score(load("marketplace"), {ORDERS: of(0, 0, 40), "cancellation": of(0, 0, 40)})
    assert (scored.status, scored.metrics[2].excluded) == ("no_score", 40)


def test_what_is_missing_or_unsettled_is_never_final() -> None:
    logistics = {code: SHOP[code] for code in (ORDERS, "route_sla", "logistics_returns")}
    scored = score(FEBRUARY, logistics)
    assert scored.status == "provisional"
    assert "pickup_on_time" in scored.missing
    assert [m.weight for m in scored.metrics if m.value is not None] == [
        Decimal("82.35"),
        Decimal("17.65"),
    ]
    assert score(FEBRUARY, SHOP, settled=False).status == "provisional"


def test_a_small_shop_keeps_its_floor() -> None:
    def points(bad: int, orders: int) -> Decimal | None:
        scored = score(MAY, {ORDERS: of(0, orders), "logistics_returns": of(bad, orders)})
        return next(m.points for m in scored.metrics if m.code == "logistics_returns")

    assert points(3, 499) == 80
    assert points(4, 499) == 50
    assert points(3, 500) == 50
    assert points(0, 100) == 100


def test_a_bonus_fills_its_dimension_and_no_more() -> None:
    counts = {**SHOP, "pickup_on_time": of(80, 100)}  # 70 of 100, weight 15 of 20
    without = score(FEBRUARY, counts)
    assert without.points == Decimal("99.10")
    scored = score(FEBRUARY, {**counts, "remote_area": of(4, 4)})
    assert scored.points == Decimal("99.70")
    assert scored.adjustments[0].points_lost == Decimal("-0.60")
    assert score(FEBRUARY, {**SHOP, "remote_area": of(1, 1)}).points == 100


def test_misconduct_stops_at_the_end_of_the_scale() -> None:
    scored = score(FEBRUARY, {**SHOP, "misconduct": of(9, 9), "brushing": of(5, 5)})
    assert scored.points == 50
    assert [a.points_lost for a in scored.adjustments] == [Decimal(15), Decimal(35)]


def test_tiktoks_sample_earns_what_its_sample_says() -> None:
    otdr = metric_of(load("tiktok_shop_us"), "OTDR")
    assert rounded(mapped(otdr, Fraction(947, 1000)), 1) == Decimal("4.3")


def test_limits_and_bands_are_told() -> None:
    tiktok = load("tiktok_shop_us")
    counts = {ORDERS: of(0, 100), "OTDR": of(79, 100), "LDR": of(4, 100), "SFCR": of(0, 100)}
    scored = score(tiktok, counts)
    limits = {m.code: m.beyond_limit for m in scored.metrics}
    assert (limits["OTDR"], limits["LDR"], limits["NRR"]) == (True, False, None)
    full = {m.code: of(int(m.better == "higher") * 100, 100) for m in tiktok.metrics}
    bands = score(tiktok, {ORDERS: of(0, 100), **full}).bands
    assert bands == ("affiliate", "top_rated", "standard", "live_giveaway")


def test_ship_and_transport_weighs_most_in_our_own() -> None:
    ours = load("penstock_les")
    weights = {dimension.code: dimension.weight for dimension in ours.dimensions}
    assert max(weights, key=lambda code: weights[code]) == "ship_and_transport"
    assert all(m.sub_process == d.code for d in ours.dimensions for m in d.metrics)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({ORDERS: of(0, 9), "otdr": of(1, 2)}, "has no 'otdr'"),
        ({ORDERS: of(0, -1)}, "not negative"),
        ({"OTDR": of(1, 2)}, "needs the number of orders"),
    ],
)
def test_counts_that_mean_nothing_are_refused(counts: dict[str, Count], said: str) -> None:
    with pytest.raises(Invalid, match="tiktok_shop_us") as refused:
        score(load("tiktok_shop_us"), counts)
    assert said in refused.value.errors[0].detail


@st.composite
def counted(draw: st.DrawFn) -> tuple[Profile, dict[str, Count], bool]:
    profile = draw(st.sampled_from(PROFILES))
    counts = {ORDERS: of(0, draw(st.integers(0, 700)))}
    for metric in profile.metrics:
        if draw(st.booleans()):
            counts[metric.code] = draw(count_of(metric))
    for event in (*profile.bonuses, *profile.misconducts):
        counts[event.code] = of(draw(st.integers(0, 4)), 0)
    return profile, counts, draw(st.booleans())


@st.composite
def count_of(draw: st.DrawFn, metric: Metric) -> Count:
    denominator = draw(st.integers(0, 400))
    if isinstance(metric.mapping, PerOrder):
        low = int(metric.mapping.otherwise) * denominator
        return of(draw(st.integers(low, 100 * denominator)), denominator)
    return of(draw(st.integers(0, denominator)), denominator)


@given(counted())
def test_losses_explain_the_score_to_the_hundredth(
    case: tuple[Profile, dict[str, Count], bool],
) -> None:
    profile, counts, settled = case
    scored = score(profile, counts, settled=settled)
    adjusted = sum(a.points_lost for a in scored.adjustments)
    lost = profile.scale.high - scored.points if scored.points is not None else Decimal(0)
    assert sum(m.points_lost for m in scored.metrics) + adjusted == lost
    assert sum(d.points_lost for d in scored.dimensions) + adjusted == lost
    assert sum(s.points_lost for s in scored.sub_processes) + adjusted == lost
    for metric in scored.metrics:
        assert metric.points_lost >= 0
        if metric.value is None or metric.points == profile.scale.high:
            assert metric.points_lost == 0


@given(counted())
def test_a_score_lies_on_its_scale_and_is_final_only_when_complete(
    case: tuple[Profile, dict[str, Count], bool],
) -> None:
    profile, counts, settled = case
    scored = score(profile, counts, settled=settled)
    if scored.points is not None:
        assert profile.scale.low <= scored.points <= profile.scale.high
    if scored.status == "final":
        assert settled
        assert scored.orders >= profile.gate.orders_min
        assert all(m.value is not None for m in scored.metrics if m.code in scored.missing)
        assert not scored.missing
    assert (scored.points is None) == (scored.status == "no_score")


@given(counted(), st.data())
def test_doing_better_never_costs_points(
    case: tuple[Profile, dict[str, Count], bool], data: st.DataObject
) -> None:
    profile, counts, _ = case
    known = [m for m in profile.metrics if m.code in counts and counts[m.code].denominator]
    if not known:
        return
    metric = data.draw(st.sampled_from(known))
    count = counts[metric.code]
    top = count.denominator * (100 if isinstance(metric.mapping, PerOrder) else 1)
    more = data.draw(st.integers(count.numerator, max(top, count.numerator)))
    before = score(profile, counts)
    after = score(profile, {**counts, metric.code: of(more, count.denominator)})
    worse, better = (before, after) if metric.better == "higher" else (after, before)
    assert worse.status == better.status
    if worse.points is not None and better.points is not None:
        assert worse.points <= better.points


@given(st.lists(st.fractions(-5, 40, max_denominator=999), min_size=1, max_size=9), st.booleans())
def test_rounding_shares_out_exactly(exact: list[Fraction], up: bool) -> None:
    whole = sum(exact, Fraction(0)) * 100
    total = Decimal(whole.__ceil__() if up else whole.__floor__()).scaleb(-2)
    parts = apportioned(exact, total)
    assert sum(parts) == total
    for part, fraction in zip(parts, exact, strict=True):
        assert abs(Fraction(part) - fraction) < Fraction(1, 100)
        assert fraction or not part
