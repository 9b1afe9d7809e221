from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.customs.consignment import Consignment, GoodsLine
from penstock.customs.rulebook import shipped
from penstock.customs.rules import Relief, Rule, applicable, in_force
from penstock.customs.territory import EU_MEMBERS, authorities
from penstock.kernel.errors import Invalid

FX = {"USD": Decimal("0.86"), "GBP": Decimal("1.15"), "RON": Decimal("0.2"), "CNY": Decimal("0.12")}

DAYS = st.dates(min_value=date(2015, 1, 1), max_value=date(2030, 12, 31))
LINES = st.builds(
    GoodsLine,
    hs6=st.sampled_from(["620610", "620620", "610910", "330300", "851713"]),
    description=st.just("women's blouse"),
    quantity=st.integers(1, 9),
    value_minor=st.integers(0, 100_000),
    currency=st.sampled_from(["EUR", "USD", "GBP", "CNY"]),
    weight_g=st.integers(0, 5_000),
    origin=st.sampled_from(["CN", "HK", "VN", "US", "TR"]),
)
CONSIGNMENTS = st.builds(
    Consignment,
    origin=st.just("CN"),
    destination=st.sampled_from(["US", "GB", "MC", *sorted(EU_MEMBERS)]),
    lines=st.lists(LINES, min_size=1, max_size=4).map(tuple),
    freight_minor=st.integers(0, 10_000),
    seller_schemes=st.frozensets(st.sampled_from(["ioss", "gb_vat"])),
    incoterm=st.sampled_from(["DDP", "DAP"]),
    mode=st.sampled_from(["post", "courier"]),
    nature=st.sampled_from(["b2c", "b2b", "gift"]),
)


def parcel(destination: str, value_minor: int, currency: str, **more: object) -> Consignment:
    line = GoodsLine(
        hs6="620610",
        description="women's silk blouse",
        quantity=1,
        value_minor=value_minor,
        currency=currency,
        weight_g=200,
        origin=str(more.pop("made_in", "CN")),
    )
    known = {"origin": "CN", "destination": destination, "lines": (line,)}
    return msgspec.convert(known | more, Consignment, from_attributes=True)


def codes(consignment: Consignment, on: date) -> set[str]:
    return {rule.code for rule in applicable(shipped(), consignment, on, FX)}


@given(CONSIGNMENTS, DAYS)
def test_at_most_one_rule_of_a_stacking_group_and_only_rules_of_that_day(
    consignment: Consignment, on: date
) -> None:
    found = applicable(shipped(), consignment, on, FX)
    groups = [rule.stacking_group for rule in found]
    assert len(groups) == len(set(groups))
    for rule in found:
        assert rule.effective_from is None or rule.effective_from <= on
        assert rule.effective_to is None or on <= rule.effective_to
        assert rule.jurisdiction in authorities(consignment.destination)


@given(CONSIGNMENTS, DAYS, st.randoms(use_true_random=False))
def test_the_order_of_the_rule_book_decides_nothing(
    consignment: Consignment,
    on: date,
    random: object,
) -> None:
    shuffled = list(shipped())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert applicable(shuffled, consignment, on, FX) == applicable(shipped(), consignment, on, FX)


@given(CONSIGNMENTS, DAYS)
def test_a_relief_leaves_nothing_of_what_it_lifts(consignment: Consignment, on: date) -> None:
    found = applicable(shipped(), consignment, on, FX)
    lifted = {group for r in found if isinstance(r.charge, Relief) for group in r.charge.lifts}
    assert not lifted & {rule.stacking_group for rule in found}


@pytest.mark.parametrize(
    ("on", "made_in", "value_minor", "relieved"),
    [
        (date(2025, 8, 28), "VN", 80_000, True),
        (date(2025, 8, 28), "VN", 80_001, False),
        (date(2025, 8, 29), "VN", 80_000, False),
        (date(2025, 5, 1), "CN", 80_000, True),
        (date(2025, 5, 2), "CN", 80_000, False),
        (date(2025, 5, 2), "HK", 80_000, False),
    ],
)
def test_the_800_dollar_exemption_ended_for_china_first(
    on: date, made_in: str, value_minor: int, relieved: bool
) -> None:
    found = codes(parcel("US", value_minor, "USD", made_in=made_in), on)
    assert ("us.section_321" in found) is relieved
    assert ("us.base_duty" in found) is not relieved


def test_one_chinese_line_takes_the_exemption_from_the_whole_consignment() -> None:
    two = parcel("US", 10_000, "USD", made_in="VN")
    two = msgspec.structs.replace(
        two, lines=(*two.lines, msgspec.structs.replace(two.lines[0], origin="CN"))
    )
    assert "us.base_duty" in codes(two, date(2025, 6, 1))


@pytest.mark.parametrize(
    ("on", "surcharged", "unknown_after"),
    [
        (date(2026, 2, 23), False, False),
        (date(2026, 2, 24), True, False),
        (date(2026, 7, 24), True, False),
        (date(2026, 7, 25), False, True),
    ],
)
def test_section_122_holds_in_its_days_only(
    on: date, surcharged: bool, unknown_after: bool
) -> None:
    found = codes(parcel("US", 10_000, "USD"), on)
    assert ("us.section_122" in found) is surcharged
    assert ("us.after_section_122" in found) is unknown_after
    assert ("us.ieepa" in found) is (on == date(2026, 2, 23))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"seller_schemes": ["ioss"]}, "eu.interim_flat_duty"),
        ({"seller_schemes": ["ioss"], "mode": "post"}, "eu.interim_flat_duty"),
        ({"mode": "post"}, "eu.interim_flat_duty_post"),
        ({}, "eu.interim_flat_duty_other"),
        ({"nature": "b2b"}, "eu.base_duty"),
    ],
)
def test_who_sells_and_how_decides_the_eu_duty(more: dict[str, object], expected: str) -> None:
    found = codes(parcel("DE", 15_000, "EUR", **more), date(2026, 7, 1))
    assert {code for code in found if code.startswith("eu.") and "dut" in code} == {expected}


def test_perfume_never_had_the_low_value_relief() -> None:
    scent = parcel("FR", 5_000, "EUR")
    scent = msgspec.structs.replace(
        scent, lines=(msgspec.structs.replace(scent.lines[0], hs6="330300"),)
    )
    assert "eu.base_duty" in codes(scent, date(2026, 6, 30))


def test_a_threshold_in_the_currency_of_the_goods_needs_no_rate_and_another_does() -> None:
    assert applicable(shipped(), parcel("DE", 15_000, "EUR"), date(2026, 6, 1), {})
    with pytest.raises(Invalid) as refused:
        applicable(shipped(), parcel("DE", 15_000, "USD"), date(2026, 6, 1), {})
    assert [error.pointer for error in refused.value.errors] == ["/fx/USD"]


def test_in_force_lists_one_day_of_one_jurisdiction() -> None:
    day = date(2026, 3, 1)
    listed = in_force(shipped(), day, jurisdiction="US")
    assert {rule.jurisdiction for rule in listed} == {"US"}
    assert "us.section_122" in {rule.code for rule in listed}
    assert len(in_force(shipped(), day)) > len(listed)


@given(DAYS)
def test_every_member_state_has_at_most_one_vat_rate_a_day_and_none_is_lost_on_a_change(
    on: date,
) -> None:
    rates = [rule for rule in in_force(shipped(), on) if rule.stacking_group == "vat"]
    assert len(rates) == (27 if on >= date(2024, 1, 1) else 0)
    assert len({rule.jurisdiction for rule in rates}) == len(rates)


def test_versions_of_one_code_follow_each_other_without_overlap() -> None:
    by_code: dict[str, list[Rule]] = {}
    for rule in shipped():
        by_code.setdefault(rule.code, []).append(rule)
    for versions in by_code.values():
        ordered = sorted(versions, key=lambda rule: rule.effective_from or date.min)
        for older, newer in pairwise(ordered):
            assert older.effective_to is not None
            assert newer.effective_from == older.effective_to + timedelta(days=1)
            assert newer.version != older.version
