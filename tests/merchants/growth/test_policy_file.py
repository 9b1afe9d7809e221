"""A policy file is taken whole, or every policy that is wrong is told by its line."""

from datetime import date

import pytest

from penstock.kernel.errors import Invalid
from penstock.lending import score_rules
from penstock.merchants.growth.policy import Hold, Ladder, Merge, VolumeLimit
from penstock.merchants.growth.policy_file import read_policies, shipped_policies

GOOD = """\
[[policy]]
kind = "hold"
code = "shop_hold"
channel = "shopify"
minutes = 30
effective_from = 2027-01-01
source = "ours"
"""


def told(text):
    with pytest.raises(Invalid) as refused:
        read_policies(text, "mine.toml")
    return [(error.line, error.pointer, error.code) for error in refused.value.errors]


def test_the_shipped_policies_are_of_every_kind_and_say_whose_they_are():
    shipped = shipped_policies()
    assert {str(type(p).__struct_config__.tag) for p in shipped} == {
        "ladder", "volume_limit", "capacity", "hold", "reservation", "merge", "act",
    }  # fmt: skip
    assert all(p.source for p in shipped)
    assert all("Default" in p.note for p in shipped if p.confidence == "own")


def test_the_shipped_figures_are_those_of_their_sources():
    by_code = {p.code: p for p in shipped_policies()}
    limit, hold, ladder = (
        by_code[c] for c in ("order_volume_limit", "tiktok_remorse", "probation")
    )
    assert isinstance(limit, VolumeLimit)
    assert isinstance(hold, Hold)
    assert isinstance(ladder, Ladder)
    rules = score_rules(limit.profile, date(2026, 11, 20))
    assert rules is not None
    lines = [(b.at, b.volume_percent or 100) for b in rules.bands if b.at <= 60]
    assert lines == [(0, 50), (30, 70), (45, 90), (60, 100)]
    assert (limit.bands, limit.mean_days, limit.limit_days) == ((), 28, 7)
    assert (hold.channel, hold.minutes) == ("tiktok_shop", 60)
    assert [t.daily_cap for t in ladder.tiers] == [50, 100, 200, None]
    assert ladder.enrols == "named"


def test_a_good_file_is_read():
    (policy,) = read_policies(GOOD, "mine.toml")
    assert isinstance(policy, Hold)
    assert (policy.channel, policy.minutes) == ("shopify", 30)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (("minutes = 30", "minutes = -1"), (5, "/policy/0/minutes", "wrong_type")),
        (("minutes = 30", 'minutes = "30"'), (5, "/policy/0/minutes", "wrong_type")),
        (('kind = "hold"', 'kind = "holt"'), (2, "/policy/0/kind", "wrong_type")),
        (("minutes = 30", "minuts = 30"), (1, "/policy/0", "wrong_type")),
        (('code = "shop_hold"', 'code = "Shop Hold"'), (3, "/policy/0/code", "wrong_type")),
        (('source = "ours"', 'source = " "'), (7, "/policy/0/source", "required")),
        (("[[policy]]", "[[polices]]"), (1, "/polices", "unknown_field")),
        (("minutes = 30", "minutes = "), (5, "", "bad_toml")),
    ],
)
def test_an_error_is_told_by_its_line(change, error):
    assert error in told(GOOD.replace(*change))


def test_every_wrong_policy_is_told_not_only_the_first():
    second = GOOD.replace("minutes = 30", "minutes = 99999").replace("shop_hold", "other")
    ends = 'effective_to = 2026-12-31\n[[policy]]\nkind = "merge"\n'
    third = "code = 'm'\neffective_from = 2027-01-01\nsource = 'x'\nwindow_minutes = 1\n"
    assert told(GOOD + second + GOOD + ends + third) == [
        (12, "/policy/1/minutes", "wrong_type"),
        (22, "/policy/2/effective_to", "ends_too_early"),
    ]


def test_a_file_without_policies_is_refused():
    assert told("") == [(1, "/policy", "required")]


LADDER = """\
[[policy]]
kind = "ladder"
code = "mine"
effective_from = 2027-01-01
profile = "penstock_les"
source = "ours"
tiers = [
    { tier = "low", daily_cap = 50, promote = { score_min = 70 } },
    { tier = "high", daily_cap = 100, demote_below = 60 },
]
"""


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (('"high"', '"low"'), "said_twice"),
        (("daily_cap = 100", "daily_cap = 49"), "not_rising"),
        (("daily_cap = 100,", "promote = { score_min = 90 },"), "leads_nowhere"),
        (("daily_cap = 50,", "demote_below = 1,"), "leads_nowhere"),
        (("demote_below = 60", "demote_below = 71"), "to_and_fro"),
    ],
)
def test_a_ladder_leads_up(change, error):
    assert isinstance(read_policies(LADDER, "mine.toml")[0], Ladder)
    assert error in {code for _, _, code in told(LADDER.replace(*change))}


def test_a_merge_of_nothing_and_bands_that_do_not_fall():
    merge = GOOD.replace('"hold"', '"merge"').replace("minutes", "window_minutes")
    assert isinstance(read_policies(merge, "mine.toml")[0], Merge)
    limit = """\
[[policy]]
kind = "volume_limit"
code = "mine"
effective_from = 2027-01-01
profile = "p"
source = "ours"
bands = [
    { score_below = 50, percent = 70 },
    { score_below = 60, percent = 60 },
]
"""
    assert told(limit) == [(9, "/policy/0/bands/1", "not_falling")]
