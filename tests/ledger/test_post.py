"""A transfer is posted once, and only what the vocabulary knows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.ledger.accounts import PATTERN, is_account
from penstock.ledger.post import Posting, post
from penstock.ledger.statement import statement

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FEE = Posting(1, "merchant", "vendor:swift", 450, "USD", "label", 7)


async def rows(tx):
    found = await tx.fetch(
        "SELECT merchant_id, debit_account, credit_account, amount_minor, currency, reason,"
        " subject_id FROM ledger.transfer ORDER BY transfer_id"
    )
    return [tuple(row) for row in found]


async def test_the_same_again_changes_nothing(tx):
    other = FEE._replace(subject_id=8)
    assert await post(tx, [FEE, FEE, other], NOW) == 2
    assert await post(tx, [other, FEE], NOW + timedelta(days=1)) == 0
    assert await rows(tx) == [FEE, other]


async def test_plain_tuples_will_do_and_zero_is_left_out(tx):
    assert await post(tx, [tuple(FEE), tuple(FEE._replace(amount_minor=0, subject_id=9))], NOW) == 1
    assert await post(tx, [], NOW) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"amount_minor": -1},
        {"currency": "XXX"},
        {"debit_account": "nobody"},
        {"credit_account": "vendor:"},
    ],
)
async def test_what_the_vocabulary_does_not_know_is_a_bug(tx, change):
    with pytest.raises(AssertionError):
        await post(tx, [FEE._replace(**change)], NOW)
    assert await rows(tx) == []


async def test_another_amount_under_the_same_key_is_a_bug(tx):
    await post(tx, [FEE], NOW)
    with pytest.raises(AssertionError, match="another amount"):
        await post(tx, [FEE._replace(amount_minor=451)], NOW)
    twice = FEE._replace(subject_id=9)
    with pytest.raises(AssertionError, match="another amount"):
        await post(tx, [twice, twice._replace(currency="EUR")], NOW)


async def test_the_table_knows_the_same_accounts(tx):
    checks = await tx.fetch(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname LIKE 'known_%_account'"
    )
    assert len(checks) == 2
    assert all(f"'{PATTERN}'" in check[0] for check in checks)


@pytest.mark.parametrize("name", ["merchant", "shopper", "vendor:a.b-c_1", "duty:US", "vat:GB"])
def test_accounts(name):
    assert is_account(name)


@pytest.mark.parametrize("name", ["", "Merchant", "merchant:1", "vendor:", "vendor:a b", "duty"])
def test_what_is_no_account(name):
    assert not is_account(name)


ACCOUNTS = ["merchant", "platform", "shopper", "vendor:swift", "duty:US"]
postings = st.builds(
    Posting,
    st.integers(1, 3),
    st.sampled_from(ACCOUNTS[:3]),
    st.sampled_from(ACCOUNTS[3:]),
    st.integers(0, 10**12),
    st.sampled_from(["USD", "EUR"]),
    st.sampled_from(["label", "duty"]),
    st.integers(1, 10**6),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None,
          max_examples=30)  # fmt: skip
@given(st.lists(postings, max_size=20, unique_by=lambda p: (p[0], p[1], p[2], p[5], p[6])))
async def test_balances_sum_to_zero_and_to_what_was_posted(tx, wanted):
    await tx.fetch("SAVEPOINT example")
    await post(tx, wanted, NOW)
    for merchant_id in (1, 2, 3):
        found = await statement(tx, merchant_id, NOW, NOW + timedelta(seconds=1))
        for currency in ("USD", "EUR"):
            mine = [p for p in wanted if (p[0], p[4]) == (merchant_id, currency)]
            balances = [b for b in found if b.currency == currency]
            assert sum(b.balance_minor for b in balances) == 0
            assert sum(b.debit_minor for b in balances) == sum(p.amount_minor for p in mine)
    await tx.fetch("ROLLBACK TO example")


async def test_thousands_are_quick(tx):
    many = [FEE._replace(subject_id=i) for i in range(5000)]
    await tx.fetch("SET LOCAL plan_cache_mode = force_custom_plan")
    assert await post(tx, many, NOW) == 5000
    assert await post(tx, many, NOW) == 0
