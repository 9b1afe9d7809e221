"""Curation lets pass what may travel."""

from datetime import UTC, datetime, timedelta

from penstock.merchants.approve_skus import approve_skus, restricted_goods

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def sku(tx, make, merchant_id, code, restricted=""):
    sku_id = await make.sku(merchant_id, code=code, approved=False)
    await tx.fetch(
        "UPDATE merchants.sku SET restricted = $3 WHERE merchant_id = $1 AND sku_id = $2",
        merchant_id, sku_id, restricted,
    )  # fmt: skip


async def test_restricted_goods_need_to_be_carried_or_permitted(tx, make):
    merchant_id = await make.merchant()
    for code, un in (("A", ""), ("B", "UN3480"), ("C", "UN3481"), ("D", "UN9999")):
        await sku(tx, make, merchant_id, code, un)
    named = [(merchant_id, code) for code in "ABCDE"]
    answers = await approve_skus(tx, named, NOW)
    assert [a.outcome for a in answers] == [
        "approved", "restricted", "approved", "restricted", "unknown_sku",
    ]  # fmt: skip
    assert "Lithium ion batteries" in answers[1].detail
    assert "not on the list" in answers[3].detail
    later = await approve_skus(tx, named[:2], NOW + timedelta(days=1), permitted={"UN3480"})
    assert [a.outcome for a in later] == ["repeated", "approved"]
    rows = await tx.fetch(
        "SELECT code, approved_at FROM merchants.sku WHERE merchant_id = $1 ORDER BY 1", merchant_id
    )
    assert [tuple(row) for row in rows] == [
        ("A", NOW), ("B", NOW + timedelta(days=1)), ("C", NOW), ("D", None),
    ]  # fmt: skip


async def test_a_code_is_one_merchants(tx, make):
    one, two = await make.merchant(), await make.merchant()
    await sku(tx, make, one, "A")
    answers = await approve_skus(tx, [(two, "A"), (one, "A")], NOW)
    assert [a.outcome for a in answers] == ["unknown_sku", "approved"]


def test_the_list_names_why():
    goods = restricted_goods()
    assert not goods["UN3480"].carried
    assert all(g.title and g.why for g in goods.values())
