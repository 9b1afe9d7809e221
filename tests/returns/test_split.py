"""The shares of a fee sum to the fee, whoever pays."""

from hypothesis import given
from hypothesis import strategies as st

from penstock.returns.split import Settling, split

weights = st.lists(st.integers(0, 100), min_size=4, max_size=4).filter(any)


def graded(fee_minor, w, carrier="swift", refund_minor=0):
    return Settling(7, 9, "boomerang", carrier, fee_minor, "EUR", *w, refund_minor, "USD")


@given(st.integers(0, 10**9), weights, st.sampled_from(["", "swift"]), st.integers(0, 10**9))
def test_nothing_is_lost_or_made(fee, w, carrier, refund):
    postings = split(graded(fee, w, carrier, refund))
    fees = [p for p in postings if p[5] == "return_fee"]
    assert sum(p[3] for p in fees) == fee
    assert all(p[3] > 0 and p[1] != p[2] and p[6] == 9 for p in postings)
    assert {p[2] for p in fees} <= {"vendor:boomerang"}
    assert [p[1:5] for p in postings if p[5] == "refund"] == (
        [("merchant", "shopper", refund, "USD")] if refund else []
    )


@given(st.integers(0, 10**6), weights)
def test_no_share_is_more_than_a_unit_off_its_weight(fee, w):
    paid = {p[1]: p[3] for p in split(graded(fee, w))}
    for payer, weight in zip(("merchant", "platform", "vendor:swift", "shopper"), w, strict=True):
        assert abs(paid.get(payer, 0) * sum(w) - fee * weight) < sum(w)


@given(st.integers(1, 10**6), weights)
def test_an_unknown_carriers_share_falls_to_the_platform(fee, w):
    known, unknown = split(graded(fee, w)), split(graded(fee, w, carrier=""))
    of = {p[1]: p[3] for p in known}
    assert not any(p[1].startswith("vendor") for p in unknown)
    borne = of.get("platform", 0) + of.get("vendor:swift", 0)
    assert abs({p[1]: p[3] for p in unknown}.get("platform", 0) - borne) <= 1
