"""The split of a change: parts sum exactly, nobody is blamed for what it did not do."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.experience.explain.causes import CAUSES, Sides, split
from penstock.experience.profiles.load import load
from penstock.experience.profiles.profile import ORDERS
from penstock.experience.scores.points import Count
from penstock.experience.scores.score import score

LES, MARKETPLACE = load("penstock_les"), load("marketplace")
CODES = [metric.code for metric in LES.metrics]


def of(numerator, denominator):
    return Count(numerator=numerator, denominator=denominator)


@st.composite
def additions(draw):
    """Good and bad orders that were there, that left, that entered, and that turned."""
    before, added = {}, {cause: {} for cause in ("entered", "left", "later_facts")}
    for code in CODES:
        denominator = draw(st.integers(1, 500))
        numerator = draw(st.integers(0, denominator))
        gone_bad = draw(st.integers(0, numerator))
        gone = draw(st.integers(gone_bad, gone_bad + denominator - numerator))
        new = draw(st.integers(0, 300))
        new_bad = draw(st.integers(0, new))
        turned = draw(st.integers(gone_bad - numerator, denominator - gone - numerator + gone_bad))
        before[code] = of(numerator, denominator)
        added["left"][code] = of(-gone_bad, -gone)
        added["entered"][code] = of(new_bad, new)
        added["later_facts"][code] = of(turned, 0)
    before[ORDERS] = of(0, 1000)
    return before, added


def after(before, added, causes=CAUSES):
    counts = dict(before)
    for cause in set(causes) & added.keys():
        for code, change in added[cause].items():
            known = counts.get(code, of(0, 0))
            counts[code] = of(
                known.numerator + change.numerator, known.denominator + change.denominator
            )
    return counts


def lost(profile, counts):
    scored = score(profile, counts)
    return {metric.code: metric.points_lost for metric in scored.metrics}


def told(old, new):
    return {code: old.get(code, Decimal(0)) - new.get(code, Decimal(0)) for code in old | new}


@settings(max_examples=30)
@given(additions())
def test_the_parts_sum_to_each_change_and_rounding_stays_small(drawn):
    before, added = drawn
    changed = told(lost(LES, before), lost(LES, after(before, added)))
    sides = Sides(profile=LES, before=before, added=added)
    parts = split(sides, sides, changed)
    assert [part.code for part in parts] == list(changed)
    for part in parts:
        assert sum(part.by_cause.values()) + part.rounding == part.change == changed[part.code]
        assert abs(part.rounding) <= Decimal("0.04")
        assert not {"supplied", "profile"} & part.by_cause.keys()


@settings(max_examples=30)
@given(additions(), st.sampled_from(["entered", "left", "later_facts"]))
def test_what_one_cause_did_alone_is_its_own(drawn, cause):
    before, added = drawn
    only = {cause: added[cause]}
    sides = Sides(profile=LES, before=before, added=only)
    for part in split(sides, sides, told(lost(LES, before), lost(LES, after(before, only)))):
        assert part.by_cause.keys() <= {cause}


@settings(max_examples=30)
@given(additions())
def test_another_formula_on_the_same_orders_is_the_formulas_doing(drawn):
    before, _ = drawn
    heavier = {ORDERS: of(0, 1000), "late_dispatch": of(3, 10)}
    old = Sides(profile=LES, before=before, added={})
    new = Sides(profile=MARKETPLACE, before=heavier, added={})
    changed = told(lost(LES, before), lost(MARKETPLACE, heavier))
    for part in split(old, new, changed):
        assert part.by_cause.keys() <= {"profile"}
        assert sum(part.by_cause.values()) + part.rounding == part.change


def test_a_change_by_hand():
    # 10 of 10 in time; 10 late ones enter: 50 % in time earn 0 points of the dimension's 25.
    others = {metric.code: of(0, 10) for metric in LES.metrics if metric.better == "lower"}
    others |= {code: of(10, 10) for code in CODES if code not in others and code != "receipt_time"}
    before = others | {"receipt_time": of(1000, 10), ORDERS: of(0, 100)}
    sides = Sides(profile=LES, before=before, added={"entered": {"dispatched_in_time": of(0, 10)}})
    (part,) = split(sides, sides, {"dispatched_in_time": Decimal(-25)})
    assert part.by_cause == {"entered": Decimal("-25.00")}
    assert part.rounding == 0
