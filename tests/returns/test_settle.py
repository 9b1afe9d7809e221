"""Settling: goods by grade, money by policy, and not a minor unit lost."""

from datetime import UTC, datetime, timedelta

import pytest

from penstock.ledger.audit import audit
from penstock.ledger.post import post
from penstock.returns.settle import settle

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=6)


class Shelf:
    """Takes units back, as inventory does."""

    def __init__(self):
        self.units = []

    async def restock(self, tx, rows, now):
        self.units += rows


async def settled(tx, shop):
    shelf = Shelf()
    await settle(tx, await shop.due("graded"), LATER, restock=shelf.restock, post=post)
    return shelf


async def books(tx, shop):
    rows = await tx.fetch(
        "SELECT debit_account, credit_account, amount_minor, currency, reason FROM ledger.transfer"
        " WHERE merchant_id = $1 ORDER BY reason, transfer_id",
        shop.merchant_id,
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("grades", "reason", "restocked", "refund"),
    [
        ("A", "late", 3, 3 * 1999),
        ("B", "late", 0, 3 * 1999),
        ("C", "late", 0, 3 * 1999),
        ("missing", "late", 0, 0),
        ("missing", "damaged", 0, 2999),  # half of 5997, rounded up
        ("0=A 1=missing", "damaged", 2, 2 * 1999 + 1000),
    ],
)
async def test_grade_and_policy_decide(tx, delivered, grades, reason, restocked, refund):
    shop = await delivered.shop()
    await shop.graded(["K"], grades, reason=reason, order=(2, 1), lines=((0, 2), (1, 1)))
    shelf = await settled(tx, shop)
    assert sum(units for _, _, _, units, _ in shelf.units) == restocked
    assert {row[:3] for row in shelf.units} <= {(shop.merchant_id, shop.node_id, shop.sku_id)}
    (rma,) = await tx.fetch(
        "SELECT refund_minor, settled_at FROM returns.rma WHERE merchant_id = $1", shop.merchant_id
    )
    assert tuple(rma) == (refund, LATER)
    assert await shop.statuses() == {"closed": 1}
    assert sum(row[2] for row in await books(tx, shop) if row[4] == "refund") == refund


async def test_the_fee_is_shared_by_weight_and_the_merchant_refunds(tx, delivered):
    shop = await delivered.shop()
    await shop.graded(["K"], reason="damaged", fee_minor=333)
    await settled(tx, shop)
    assert await books(tx, shop) == [
        ("merchant", "shopper", 1999, "USD", "refund"),
        ("merchant", "vendor:boomerang", 100, "USD", "return_fee"),
        ("vendor:swift", "vendor:boomerang", 233, "USD", "return_fee"),
    ]


async def test_the_platform_bears_the_share_of_a_carrier_that_nobody_knows(tx, delivered):
    shop = await delivered.shop()
    await shop.graded(["K"], reason="late", fee_minor=333)
    await tx.fetch("DELETE FROM shipping.label WHERE merchant_id = $1", shop.merchant_id)
    await settled(tx, shop)
    assert ("platform", "vendor:boomerang", 333, "USD", "return_fee") in await books(tx, shop)


async def test_every_share_of_every_return_sums_to_its_fee(tx, delivered, fresh_plans):
    shop = await delivered.shop(country="DE")
    for fee, reason in enumerate(("changed_mind", "damaged", "wrong_item", "late"), start=97):
        keys = [f"{reason}{n}" for n in range(5)]
        await shop.graded(keys, "B", reason=reason, fee_minor=fee)
    await settled(tx, shop)
    rows = await tx.fetch(
        "SELECT r.fee_minor, sum(t.amount_minor) FROM returns.rma AS r"
        " JOIN ledger.transfer AS t ON t.merchant_id = r.merchant_id"
        " AND t.subject_id = r.return_id AND t.reason = 'return_fee'"
        " WHERE r.merchant_id = $1 GROUP BY r.return_id, r.fee_minor",
        shop.merchant_id,
    )
    assert len(rows) == 20
    assert all(fee == shares for fee, shares in rows)
    shared = [d for d in await audit(tx) if d.merchant_id == shop.merchant_id]
    assert {d.check for d in shared} == {"label"}  # the labels of this test were never posted


async def test_twice_changes_nothing(tx, delivered):
    shop = await delivered.shop()
    await shop.graded(["K"])
    subjects = await shop.due("graded")
    await settled(tx, shop)
    before = await books(tx, shop)
    await settle(tx, subjects, LATER, restock=Shelf().restock, post=post)
    assert await books(tx, shop) == before


@pytest.mark.parametrize(
    ("reason", "share", "merchant", "platform"),
    [
        ("changed_mind", None, 167, 166),
        ("changed_mind", 20, 67, 266),
        ("changed_mind", 100, 333, 0),
        ("changed_mind", 0, 0, 333),
        ("wrong_item", 20, 333, 0),  # the seller's own fault
        ("damaged", 50, 50, 50),  # of the 30 % that the carrier does not bear
    ],
)
async def test_a_merchants_term_divides_what_it_and_the_platform_bear(
    tx, delivered, reason, share, merchant, platform
):
    shop = await delivered.shop()
    for kind, value, begun, ended in (
        ("return_share", share, NOW, LATER),
        ("return_share", 77, LATER, None),  # what came after the request does not count
        ("settlement_days", 3, NOW, None),
    ):
        if value is not None:
            await tx.fetch(
                "INSERT INTO merchants.term (merchant_id, kind, value, from_at, ended_at, because,"
                " decided_by)"
                " VALUES ($1, $2, $3, $4, coalesce($5, 'infinity'::timestamptz), '', '')",
                shop.merchant_id, kind, value, begun, ended,
            )  # fmt: skip
    await shop.graded(["K"], reason=reason, fee_minor=333)
    await settled(tx, shop)
    paid = {row[0]: row[2] for row in await books(tx, shop) if row[4] == "return_fee"}
    assert (paid.get("merchant", 0), paid.get("platform", 0)) == (merchant, platform)
    assert sum(paid.values()) == 333
    assert [d for d in await audit(tx) if d.check == "return_fee"] == []
