from collections import Counter
from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.channels.order import Address
from penstock.customs.consignment import Consignment, GoodsLine
from penstock.customs.exchange import convert, half_up
from penstock.customs.landed_cost import LandedCost, landed_cost
from penstock.customs.rulebook import read, shipped
from penstock.customs.rules import PerHs6, in_force
from penstock.customs.territory import EU_MEMBERS, authorities
from penstock.kernel.errors import Invalid

FX = {"USD": Decimal("0.86"), "GBP": Decimal("1.15"), "RON": Decimal("0.2"), "CNY": Decimal("0.12")}
JUNE, JULY = date(2026, 6, 30), date(2026, 7, 1)

HS6 = ["620610", "620620", "610910", "330300", "851713", "420221"]
LINES = st.builds(
    GoodsLine,
    hs6=st.sampled_from(HS6),
    description=st.just("women's blouse"),
    quantity=st.integers(1, 9),
    value_minor=st.integers(0, 40_000),
    currency=st.sampled_from(["EUR", "USD", "GBP", "CNY"]),
    weight_g=st.integers(0, 5_000),
    origin=st.sampled_from(["CN", "VN", "US"]),
)
CONSIGNMENTS = st.builds(
    Consignment,
    origin=st.just("CN"),
    destination=st.sampled_from(["US", "GB", "JP", *sorted(EU_MEMBERS)]),
    lines=st.lists(LINES, min_size=1, max_size=5).map(tuple),
    freight_minor=st.integers(0, 10_000),
    seller_schemes=st.frozensets(st.sampled_from(["ioss", "gb_vat"])),
    mode=st.sampled_from(["post", "courier"]),
    nature=st.sampled_from(["b2c", "b2b", "gift"]),
)
DAYS = st.dates(min_value=date(2024, 1, 1), max_value=date(2029, 12, 31))
RATES = st.fixed_dictionaries(
    {
        code: st.dictionaries(st.sampled_from(HS6), st.integers(0, 5_000))
        for code in ("us.base_duty", "us.ieepa", "eu.base_duty", "gb.base_duty", "us.section_122")
    }
)


def goods(hs6: str, value_minor: int, currency: str = "EUR", **more: object) -> GoodsLine:
    line = GoodsLine(
        hs6=hs6,
        description="women's blouse",
        quantity=1,
        value_minor=value_minor,
        currency=currency,
        weight_g=200,
        origin="CN",
    )
    return msgspec.structs.replace(line, **more)


def sent(destination: str, *lines: GoodsLine, **more: object) -> Consignment:
    consignment = Consignment(origin="CN", destination=destination, lines=lines)
    return msgspec.structs.replace(consignment, **more)


def cost(
    consignment: Consignment, on: date, rates: dict[str, dict[str, int]] | None = None
) -> LandedCost:
    return landed_cost(consignment, on, shipped(), FX, rates=rates)


SILK, WOOL = goods("620610", 4_000), goods("620620", 6_000, quantity=2)


def test_one_silk_and_two_wool_blouses_cost_six_euro_from_july_2026() -> None:
    blouses = sent("DE", SILK, WOOL, seller_schemes=frozenset({"ioss"}))
    before, after = cost(blouses, JUNE), cost(blouses, JULY)
    assert (before.duty_minor, before.vat_minor) == (0, 1_900)  # 19 % of 100.00
    assert (after.duty_minor, after.vat_minor) == (600, 760 + 57 + 1_140 + 57)
    assert [line.duty_minor for line in after.lines] == [300, 300]
    assert {used.code for used in after.rules} == {"de.vat", "eu.interim_flat_duty", "eu.ioss"}
    assert {(u.code, u.version) for u in after.rules} >= {("eu.interim_flat_duty", "2026-07-01")}
    assert after.vat_collected == "checkout"
    assert not after.warnings


def test_three_lines_of_one_hs6_share_one_amount_without_a_remainder() -> None:
    lines = (goods("620610", 1_000), goods("620610", 1_000), goods("620610", 1_000))
    quote = cost(sent("FR", *lines, seller_schemes=frozenset({"ioss"})), JULY)
    assert [line.duty_minor for line in quote.lines] == [100, 100, 100]
    five = cost(sent("FR", *lines, *lines[:2], seller_schemes=frozenset({"ioss"})), JULY)
    assert five.duty_minor == 300


@pytest.mark.parametrize(
    ("value_minor", "duty_minor"), [(15_000, 0), (15_001, half_up(Decimal(15_001) * 12 / 100))]
)
def test_the_eu_relief_ended_at_150_euro(value_minor: int, duty_minor: int) -> None:
    quote = cost(sent("ES", goods("620610", value_minor)), JUNE, {"eu.base_duty": {"620610": 1200}})
    assert quote.duty_minor == duty_minor
    assert quote.vat_minor == half_up(Decimal(value_minor + duty_minor) * 21 / 100)
    assert quote.vat_collected == "border"


def test_british_relief_to_135_pounds_with_vat_at_checkout() -> None:
    registered = frozenset({"gb_vat"})
    small = sent("GB", goods("620610", 13_500, "GBP"), seller_schemes=registered, freight_minor=500)
    quote = cost(small, date(2026, 11, 21))
    assert (quote.duty_minor, quote.vat_minor, quote.vat_collected) == (0, 2_800, "checkout")
    assert not quote.warnings
    large = sent("GB", goods("620610", 13_501, "GBP"), seller_schemes=registered)
    above = cost(large, date(2026, 11, 21), {"gb.base_duty": {"620610": 1200}})
    assert (above.duty_minor, above.vat_collected) == (1_620, "border")


def test_a_seller_without_british_vat_is_warned() -> None:
    quote = cost(sent("GB", goods("620610", 5_000, "GBP")), date(2026, 11, 21))
    assert [warned.code for warned in quote.warnings] == ["not_registered"]


def test_a_small_british_gift_is_free_and_needs_no_rule_for_vat() -> None:
    quote = cost(sent("GB", goods("620610", 3_900, "GBP"), nature="gift"), date(2026, 11, 21))
    assert quote.charges_minor == 0
    assert not quote.warnings


@pytest.mark.parametrize(
    ("on", "duty_minor"),
    [
        (date(2025, 5, 1), 0),
        (date(2025, 8, 28), 1_600 + 2_000 + 3_000),  # China lost the exemption on 2 May 2025
        (date(2026, 2, 23), 1_600 + 2_000 + 3_000),
        (date(2026, 2, 24), 1_600 + 2_000 + 1_000),
        (date(2026, 7, 24), 1_600 + 2_000 + 1_000),
        (date(2026, 7, 25), 1_600 + 2_000),
    ],
)
def test_the_american_duty_stack_by_day(on: date, duty_minor: int) -> None:
    rates = {
        "us.base_duty": {"620610": 1600},
        "us.section_301_china": {"620610": 2000},
        "us.ieepa": {"620610": 3000},
    }
    quote = cost(sent("US", goods("620610", 10_000, "USD"), freight_minor=9_999), on, rates)
    assert quote.duty_minor == duty_minor
    assert quote.vat_minor == 0
    assert "no_rule" not in {warned.code for warned in quote.warnings}


def test_other_origins_kept_the_exemption_until_29_august_2025() -> None:
    line = goods("620610", 80_000, "USD", origin="VN")
    rates = {"us.base_duty": {"620610": 1600}, "us.ieepa": {"620610": 2000}}
    assert cost(sent("US", line), date(2025, 8, 28), rates).duty_minor == 0
    assert cost(sent("US", line), date(2025, 8, 29), rates).duty_minor == 28_800


def test_section_301_falls_on_chinese_lines_only() -> None:
    lines = (goods("620610", 10_000, "USD"), goods("620610", 10_000, "USD", origin="VN"))
    rates = {"us.section_301_china": {"620610": 2500}, "us.base_duty": {"620610": 0}}
    quote = cost(sent("US", *lines), date(2026, 8, 1), rates)
    assert [line.duty_minor for line in quote.lines] == [2_500, 0]


def test_what_followed_section_122_is_not_guessed() -> None:
    rates = {"us.base_duty": {"620610": 1600}, "us.section_301_china": {"620610": 0}}
    line = goods("620610", 10_000, "USD")
    quote = cost(sent("US", line), date(2026, 8, 1), rates)
    unknown = [warned.rule for warned in quote.warnings if warned.code == "amount_unknown"]
    assert "us.after_section_122" in unknown
    assert quote.duty_minor == 1_600


def test_a_rate_that_nobody_gave_is_assumed_aloud_and_a_given_one_overrides() -> None:
    line = goods("620610", 10_000, "USD")
    silent = cost(sent("US", line), date(2026, 3, 1))
    assumed = {warned.rule for warned in silent.warnings if warned.code == "rate_assumed"}
    assert assumed == {"us.base_duty", "us.section_301_china"}
    assert silent.duty_minor == 1_000
    exempt = cost(sent("US", line), date(2026, 3, 1), {"us.section_122": {"620610": 0}})
    assert exempt.duty_minor == 0


def test_national_fees_in_their_own_currency() -> None:
    quote = cost(sent("RO", SILK, WOOL, seller_schemes=frozenset({"ioss"})), date(2026, 8, 1))
    assert quote.fees_minor == 500  # RON 25 at EUR 0.20
    assert [line.fees_minor for line in quote.lines] == [200, 300]
    assert quote.vat_minor == sum(
        half_up(Decimal(base * 21) / 100) for base in (4_300, 6_300)
    )  # the fee is no part of the base
    assert cost(sent("RO", goods("620610", 15_000)), date(2026, 8, 1)).fees_minor == 0
    french = sent("FR", SILK, WOOL, seller_schemes=frozenset({"ioss"}))
    assert cost(french, JUNE).fees_minor == 400
    assert cost(french, JULY).fees_minor == 0
    assert {warned.code for warned in cost(french, JULY).warnings} == {
        "amount_unknown",
        "unverified",
    }


def test_a_seller_outside_ioss_by_courier_is_quoted_with_a_warning() -> None:
    quote = cost(sent("DE", SILK, WOOL), JULY)
    assert quote.duty_minor == 600
    assert {warned.rule for warned in quote.warnings} == {"eu.interim_flat_duty_other"}


def test_borders_without_rules_and_without_borders() -> None:
    japan = cost(sent("JP", SILK), JULY)
    assert (japan.jurisdiction, japan.charges_minor) == (None, 0)
    assert [warned.code for warned in japan.warnings] == ["no_jurisdiction"]
    home = cost(sent("DE", SILK, origin="FR"), JULY)
    assert (home.charges_minor, home.rules, home.warnings) == (0, (), ())


def test_a_day_before_our_records_is_a_gap_and_no_zero() -> None:
    quote = cost(sent("DE", SILK), date(2023, 12, 31))
    assert "no_rule" in {warned.code for warned in quote.warnings}


def test_northern_ireland_is_pointed_out() -> None:
    belfast = Address(name="A", line1="1 Quay", city="Belfast", country="GB", postal_code="BT1 5GS")
    parcel = sent(
        "GB",
        goods("620610", 5_000, "GBP"),
        consignee=belfast,
        seller_schemes=frozenset({"gb_vat"}),
    )
    assert [w.code for w in cost(parcel, JULY).warnings] == ["northern_ireland"]


def test_the_incoterm_says_who_bears_it() -> None:
    assert cost(sent("DE", SILK), JULY).borne_by == "seller"
    assert cost(sent("DE", SILK, incoterm="DAP"), JULY).borne_by == "consignee"


def test_unusable_fields_are_refused_together() -> None:
    bad = goods("62061", 100, "XYZ", quantity=0, origin="China")
    with pytest.raises(Invalid) as refused:
        cost(sent("DE", bad, freight_currency="EUR", freight_minor=-1), JULY)
    assert {error.pointer for error in refused.value.errors} == {
        "/freight_minor",
        "/lines/0/hs6",
        "/lines/0/currency",
        "/lines/0/quantity",
        "/lines/0/origin",
    }


def test_a_missing_exchange_rate_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        landed_cost(sent("DE", goods("620610", 100, "USD")), JULY, shipped(), {})
    assert refused.value.errors[0].pointer == "/fx/USD"


OWN_RULES = """
[defaults]
jurisdiction = "EU"
levy = "duty"
confidence = "read"
source = "https://example.org"
verified_on = 2026-11-21
[[rule]]
code = "eu.by_weight"
stacking_group = "kg"
charge = { kind = "specific", amount_minor = 250, currency = "EUR", per = "kg" }
[[rule]]
code = "eu.by_unit"
stacking_group = "unit"
charge = { kind = "specific", amount_minor = 7, currency = "EUR", per = "unit" }
"""


def test_specific_duties_by_weight_and_by_unit() -> None:
    line = goods("620610", 1_000, quantity=3, weight_g=1_501)
    quote = landed_cost(sent("DE", line), JULY, read([("own.toml", OWN_RULES)]), FX)
    assert {c.code: c.amount_minor for c in quote.lines[0].charges} == {
        "eu.by_weight": 375,
        "eu.by_unit": 21,
    }


@given(CONSIGNMENTS, DAYS, RATES)
def test_totals_are_the_sums_of_lines_and_lines_of_their_charges(
    consignment: Consignment, on: date, rates: dict[str, dict[str, int]]
) -> None:
    quote = cost(consignment, on, rates)
    for field in ("goods_minor", "freight_minor", "duty_minor", "vat_minor", "fees_minor"):
        assert getattr(quote, field) == sum(getattr(line, field) for line in quote.lines)
    for line in quote.lines:
        by_levy = Counter[str]()
        for charge in line.charges:
            by_levy[charge.levy] += charge.amount_minor
        assert (by_levy["duty"], by_levy["vat"], by_levy["fee"]) == (
            line.duty_minor,
            line.vat_minor,
            line.fees_minor,
        )
        assert min(line.duty_minor, line.vat_minor, line.fees_minor) >= 0


@given(CONSIGNMENTS, DAYS, RATES)
def test_a_quote_rests_only_on_rules_of_its_day(
    consignment: Consignment, on: date, rates: dict[str, dict[str, int]]
) -> None:
    quote = cost(consignment, on, rates)
    book = {(rule.code, rule.version): rule for rule in shipped()}
    named = {(used.code, used.version) for used in quote.rules}
    charged = {(charge.code, charge.version) for line in quote.lines for charge in line.charges}
    assert charged <= named
    for key in named:
        assert book[key].holds_on(on)
        assert book[key].jurisdiction in authorities(consignment.destination)


@given(CONSIGNMENTS, DAYS)
def test_sharing_loses_no_minor_unit(consignment: Consignment, on: date) -> None:
    quote = cost(consignment, on)
    freight = convert(consignment.freight_minor, consignment.carriage_currency, quote.currency, FX)
    assert quote.freight_minor == half_up(freight)
    for used in quote.rules:
        rule = next(r for r in shipped() if (r.code, r.version) == (used.code, used.version))
        amount = getattr(rule.charge, "amount_minor", None)
        if amount is None:
            continue
        distinct = len({line.hs6 for line in consignment.lines})
        times = distinct if isinstance(rule.charge, PerHs6) else 1
        whole = half_up(convert(amount, rule.charge.currency, quote.currency, FX)) * times
        parts = (
            c.amount_minor for line in quote.lines for c in line.charges if c.code == used.code
        )
        assert sum(parts) == whole


@given(
    st.lists(st.tuples(st.sampled_from(HS6), st.integers(0, 500)), min_size=1, max_size=10),
    st.tuples(st.sampled_from(HS6), st.integers(0, 500)),
)
def test_the_flat_duty_never_falls_as_codes_are_added(
    held: list[tuple[str, int]], added: tuple[str, int]
) -> None:
    registered = frozenset({"ioss"})
    fewer = sent("IT", *(goods(*pair) for pair in held), seller_schemes=registered)
    more = msgspec.structs.replace(fewer, lines=(*fewer.lines, goods(*added)))
    for parcel in (fewer, more):
        distinct = len({line.hs6 for line in parcel.lines})
        assert cost(parcel, JULY).duty_minor == 300 * distinct
    assert cost(more, JULY).duty_minor >= cost(fewer, JULY).duty_minor


@given(CONSIGNMENTS, DAYS, RATES)
def test_rules_of_other_days_change_nothing(
    consignment: Consignment, on: date, rates: dict[str, dict[str, int]]
) -> None:
    todays = tuple(in_force(shipped(), on))
    assert landed_cost(consignment, on, todays, FX, rates=rates) == cost(consignment, on, rates)
