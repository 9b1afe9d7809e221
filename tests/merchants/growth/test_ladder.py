"""Promotion and demotion: one tier at a time, never without a score, never to and fro."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from penstock.merchants.growth.ladder import Climber, move
from penstock.merchants.growth.policy import Ladder
from penstock.merchants.growth.policy_file import shipped_policies

(LADDER,) = [p for p in shipped_policies() if isinstance(p, Ladder)]
TODAY = date(2026, 11, 20)
NAMES = [tier.tier for tier in LADDER.tiers]
CAPS = {tier.tier: tier.daily_cap for tier in LADDER.tiers}
climbers = st.builds(
    lambda tier, tier_days, more_days, delivered, score: climber(
        tier, tier_days=tier_days, approved_days=tier_days + more_days, delivered=delivered,
        score=score,
    ),
    st.sampled_from(NAMES), st.integers(0, 60), st.integers(0, 60), st.integers(0, 600),
    st.none() | st.floats(0, 100),
)  # fmt: skip


def climber(tier, *, tier_days=30, approved_days=100, delivered=1000, score=90.0):
    return Climber(
        tier=tier, daily_cap=CAPS[tier], tier_since=TODAY - timedelta(days=tier_days),
        approved_on=TODAY - timedelta(days=approved_days), delivered_orders=delivered, score=score,
    )  # fmt: skip


def to(found):
    return None if found is None else found.tier


def test_each_condition_of_a_promotion_is_needed():
    low = NAMES[0]
    assert to(move(LADDER, climber(low, score=70), TODAY)) == NAMES[1]
    assert move(LADDER, climber(low, score=69.9), TODAY) is None
    assert move(LADDER, climber(low, delivered=29), TODAY) is None
    assert move(LADDER, climber(low, approved_days=13, tier_days=13), TODAY) is None
    assert move(LADDER, climber(low, tier_days=13), TODAY) is None


def test_a_low_score_leads_down():
    high = NAMES[2]
    assert to(move(LADDER, climber(high, score=59.9), TODAY)) == NAMES[1]
    assert move(LADDER, climber(high, score=60), TODAY) is None
    assert move(LADDER, climber(high, score=10, tier_days=6), TODAY) is None
    assert move(LADDER, climber(NAMES[0], score=0), TODAY) is None


@given(climbers)
def test_one_tier_at_most_under_its_own_cap_and_a_reason(who):
    found = move(LADDER, who, TODAY)
    if found is not None:
        assert abs(NAMES.index(found.tier) - NAMES.index(who.tier)) == 1
        assert found.daily_cap == CAPS[found.tier]
        assert LADDER.code in found.because or "score" in found.because


@given(climbers)
def test_without_a_score_a_merchant_stays(who):
    blank = climber(who.tier, score=None)
    assert move(LADDER, blank, TODAY) is None


@given(climbers)
def test_whoever_has_moved_does_not_move_back_by_the_same_score(who):
    found = move(LADDER, who, TODAY)
    if found is not None:
        later = TODAY + timedelta(days=LADDER.settle_days)
        moved = Climber(
            tier=found.tier, daily_cap=found.daily_cap, tier_since=TODAY,
            approved_on=who.approved_on, delivered_orders=who.delivered_orders, score=who.score,
        )  # fmt: skip
        assert move(LADDER, moved, TODAY) is None
        assert to(move(LADDER, moved, later)) != who.tier


@given(climbers, st.floats(0, 100))
def test_a_better_score_never_leads_lower(who, other):
    def place(score):
        found = move(LADDER, Climber(**{f: getattr(who, f) for f in who.__struct_fields__}
                                     | {"score": score}), TODAY)  # fmt: skip
        return NAMES.index(who.tier if found is None else found.tier)

    if who.score is not None:
        low, high = sorted((who.score, other))
        assert place(low) <= place(high)


def test_a_changed_cap_reaches_who_is_in_the_tier():
    old = Climber(
        tier=NAMES[0], daily_cap=40, tier_since=TODAY, approved_on=TODAY, delivered_orders=0,
        score=None,
    )  # fmt: skip
    found = move(LADDER, old, TODAY)
    assert found is not None
    assert (found.tier, found.daily_cap) == (NAMES[0], 50)


def test_who_is_on_a_tier_that_the_ladder_has_no_more_stays():
    gone = Climber(
        tier="gone", daily_cap=1, tier_since=TODAY, approved_on=TODAY, delivered_orders=9, score=1
    )
    assert move(LADDER, gone, TODAY) is None
