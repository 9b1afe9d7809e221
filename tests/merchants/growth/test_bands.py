"""Bands: who decides about what, and that a score on a line does not send a merchant to and fro."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from penstock.merchants.growth.apply_actions import TierWanted
from penstock.merchants.growth.bands import ScoreBand, ScoreRules, band_of_score, said
from penstock.merchants.growth.follow_bands import Last, Scored, wanted_of
from penstock.merchants.growth.policy import Act

TODAY = datetime(2026, 11, 20, tzinfo=UTC).date()
DAY = timedelta(days=1)
POLICY = Act(
    code="bands", effective_from=date(2026, 1, 1), source="ours", profile="penstock_les",
    probation="auto", settlement_days="auto", return_share="auto", streams="auto",
    margin=2.0, settle_days=7,
)  # fmt: skip
LOWEST = TierWanted("probation", "probation_50", 50)
scores = st.integers(0, 1000).map(lambda tenths: tenths / 10)


@st.composite
def ladders_of_bands(draw):
    lines = sorted(draw(st.sets(st.integers(1, 95), max_size=4)))
    maybe = st.none() | st.integers(0, 90)
    return tuple(
        ScoreBand(
            code=f"b{at}", at=float(at), volume_percent=draw(maybe), settlement_days=draw(maybe),
            return_share=draw(maybe), streams=draw(st.none() | st.booleans()),
            probation=draw(st.none() | st.booleans()),
        )
        for at in [0, *lines]
    )  # fmt: skip


@given(ladders_of_bands(), scores, scores, st.floats(0, 20))
def test_a_better_score_is_never_in_a_lower_band(bands, one, other, margin):
    low, high = sorted((one, other))
    for before in ("", *(band.code for band in bands)):
        places = [band_of_score(bands, s, before=before, margin=margin) for s in (low, high)]
        assert places[0] <= places[1]
        plain = band_of_score(bands, high)
        assert places[1] <= plain, "a margin only holds back"
        assert bands[places[1]].at <= high


@given(ladders_of_bands(), st.lists(scores, min_size=1, max_size=60), st.integers(1, 20))
def test_within_the_margin_of_a_line_the_band_changes_once_at_most(bands, wobble, margin):
    line = bands[-1].at
    before, changes = "", 0
    for step in wobble:
        score = line + (step / 1000 - 0.5) * margin * 0.99
        place = band_of_score(bands, score, before=before, margin=float(margin))
        others = [b.at for b in bands if b.at != line and abs(b.at - line) <= 2 * margin]
        if others:
            return  # another line lies within the wobble
        changes += bool(before) and bands[place].code != before
        before = bands[place].code
    assert changes <= 1


@given(ladders_of_bands(), scores, st.integers(0, 5))
def test_a_limit_decides_only_where_it_is_stricter(bands, score, days):
    place = band_of_score(bands, score)
    limit = ScoreBand(code="LDR", at=0, settlement_days=days)
    alone = said(bands, place, (), "settlement_days")
    both = said(bands, place, (limit,), "settlement_days")
    assert both is not None
    weaker = alone is not None and (alone.settlement_days or 0) >= days
    assert both is (alone if weaker else limit)
    alone = said(bands, place, (), "return_share")
    assert said(bands, place, (limit,), "return_share") is alone, "it does not speak of that"


def test_the_highest_band_that_says_anything_decides_alone():
    low = ScoreBand(code="low", at=0, streams=False, return_share=100)
    fair = ScoreBand(code="fair", at=50, return_share=50)
    bands = (low, fair, ScoreBand(code="silent", at=80))
    for place in (1, 2):
        assert said(bands, place, (), "return_share") is fair
        assert said(bands, place, (), "streams") is None
    assert said(bands, 0, (), "streams") is low
    assert said(bands, -1, (), "streams") is None


@given(ladders_of_bands(), st.lists(scores, min_size=1, max_size=90))
def test_no_act_of_a_kind_follows_another_within_the_days_of_rest(bands, path):
    """What is wanted is done at once, day by day, whatever the score does."""
    rules = ScoreRules(bands, lambda _: ())
    present: dict[str, object] = {}
    last: dict[str, Last] = {}
    acted: dict[str, list[date]] = {}
    for i, score in enumerate(path):
        today = TODAY + i * DAY
        row = Scored(1, score, today, "{}", _json(present), _json(last))
        for spoken, wish in wanted_of(POLICY, rules, LOWEST, row, today):
            kind = "tier" if spoken == "probation" else spoken
            assert wish.before == present.get(kind) != wish.wanted
            present[kind] = wish.wanted
            if wish.wanted is None:
                del present[kind]
            last[kind] = Last(wish.band, today)
            acted.setdefault(kind, []).append(today)
    for days in acted.values():
        assert all((b - a).days >= 7 for a, b in pairwise(days))
    if "tier" in acted:
        assert len(acted["tier"]) == 1, "up again leads the ladder alone"


@given(scores)
def test_a_score_that_stays_is_acted_on_once(score):
    bands = (
        ScoreBand(code="low", at=0, settlement_days=31, return_share=50, streams=False),
        ScoreBand(code="good", at=60, settlement_days=8, return_share=20, streams=True),
    )
    rules = ScoreRules(bands, lambda _: ())
    row = Scored(1, score, TODAY, "{}", "{}", "{}")
    wishes = dict(wanted_of(POLICY, rules, LOWEST, row, TODAY))
    wanted = {spoken: wish.wanted for spoken, wish in wishes.items()}
    low = {"settlement_days": 31, "return_share": 50, "streams": 0}
    assert wanted == (low if score < 60 else {"settlement_days": 8, "return_share": 20})
    done = {"settlement_days": wanted["settlement_days"], "return_share": wanted["return_share"]}
    done |= {"streams": 0} if score < 60 else {}
    again = Scored(1, score, TODAY, "{}", _json(done), "{}")
    assert wanted_of(POLICY, rules, LOWEST, again, TODAY) == []


def test_an_operators_word_on_a_tier_stands():
    rules = ScoreRules((ScoreBand(code="low", at=0, probation=True),), lambda _: ())
    pinned = Scored(1, 5, TODAY, "{}", '{"pinned": true}', "{}")
    assert wanted_of(POLICY, rules, LOWEST, pinned, TODAY) == []


def _json(value):
    return msgspec.json.encode(value).decode()
