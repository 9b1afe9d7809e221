"""Whatever is done to a profile's file, it is refused with lines or scores without harm."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.db.transaction import Transaction
from penstock.experience.measure.evaluate import evaluate
from penstock.experience.profiles.load import load, parse, shipped
from penstock.experience.profiles.profile import ORDERS, Profile
from penstock.experience.scores.limits import limits_broken
from penstock.experience.scores.points import Count
from penstock.experience.scores.score import score
from penstock.kernel.errors import FieldError, Invalid

PROFILES = Path(__file__).parents[3] / "src/penstock/experience/profiles"
TEXTS = {name: (PROFILES / f"{name}.toml").read_text("utf-8") for name in shipped()}
VALUES = [
    "0", "-1", "1", "99999999999999999999", "1e400", "-0.0", "nan", "inf", "true", '""', '"x"',
    "[]", "{}", "[[0, 1]]", '["seller"]', "2026-13-01", "2026-01-01", "1979-05-27T07:32:00Z",
    "00:00:00", '"\\u0000"', '"clock_due"', '"clock_met"', '"pickup_s"', '"promise"',
    '"delivered"', "[", "'",
]  # fmt: skip


@st.composite
def mangled(draw: st.DrawFn) -> str:
    rows = TEXTS[draw(st.sampled_from(sorted(TEXTS)))].split("\n")
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(rows) - 1))
        key = rows[at].partition(" = ")[0]
        rows[at] = draw(
            st.sampled_from(
                [
                    "",
                    f"{rows[at]}\n{rows[at]}",
                    *(f"{key} = {value}" for value in VALUES),
                    rows[draw(st.integers(0, len(rows) - 1))],
                ]
            )
        )
    return "\n".join(rows)


def all_counted(profile: Profile, hits: int, of: int) -> dict[str, Count]:
    every = {metric.code: Count(numerator=hits, denominator=of) for metric in profile.metrics}
    return {ORDERS: Count(numerator=0, denominator=of), **every}


def read(text: str) -> tuple[Profile | None, tuple[FieldError, ...]]:
    try:
        return parse(text, "mine.toml"), ()
    except Invalid as refused:
        return None, refused.errors


@given(mangled(), st.integers(0, 50))
def test_a_mangled_profile_is_refused_or_can_be_scored(text: str, hits: int) -> None:
    profile, errors = read(text)
    for error in errors:
        assert re.match(r"line \d+: .", error.detail)
        assert 1 <= (error.line or 0) <= text.count("\n") + 1
    assert (profile is None) == bool(errors)
    if profile is None:
        return
    scored = score(profile, all_counted(profile, hits, 50))
    assert all(effect is not None for _, effect in limits_broken(profile, scored))
    assert scored.points is None or profile.scale.low <= scored.points <= profile.scale.high


@pytest.mark.parametrize("name", shipped())
@pytest.mark.parametrize(("orders", "excluded"), [(0, 0), (1, 0), (0, 40), (1, 40)])
def test_next_to_no_orders_give_no_final_score(name: str, orders: int, excluded: int) -> None:
    profile = load(name)
    full = {
        metric.code: Count(
            numerator=orders if metric.better == "higher" else 0,
            denominator=orders,
            excluded=excluded,
        )
        for metric in profile.metrics
    }
    counts = {ORDERS: Count(numerator=0, denominator=orders, excluded=excluded), **full}
    scored = score(profile, counts)
    assert scored.status != "final"
    assert all(metric.excluded == excluded for metric in scored.metrics)
    if scored.status == "no_score":
        assert scored.points is None
        assert not scored.bands
    if not orders and scored.status != "growth":
        assert scored.status == "no_score"


async def test_orders_that_are_all_excluded_are_no_score(tx: Transaction) -> None:
    at = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
    for number in range(1, 50):
        await tx.fetch(
            "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref,"
            " ordered_at, excluded) VALUES (7, $1, 'o', $2, 'gift')",
            number,
            at,
        )
    profile = load("penstock_les")
    scored = (await evaluate(tx, profile, as_of=at, known_to=at))[7]
    assert (scored.status, scored.orders, scored.points) == ("no_score", 0, None)
    assert scored.metrics[0].excluded == 49


def test_a_profile_without_any_metric_is_refused() -> None:
    empty = TEXTS["marketplace"].split("[[dimension]]")[0]
    for more in ("", "dimension = []\n"):
        with pytest.raises(Invalid) as refused:
            parse(more + empty, "mine.toml")
        assert refused.value.errors


def test_a_weight_of_nothing_gives_no_score() -> None:
    market = load("marketplace")
    nothing = {ORDERS: Count(numerator=0, denominator=50)}
    scored = score(market, nothing)
    assert (scored.status, scored.missing) == ("no_score", tuple(m.code for m in market.metrics))
    one = {**nothing, "cancellation": Count(numerator=0, denominator=50)}
    assert score(market, one).status == "provisional"
    assert score(market, one).points == Decimal(100)
    assert msgspec.json.encode(score(market, one))
