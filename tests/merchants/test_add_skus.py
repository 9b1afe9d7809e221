"""SKUs are stored by code; what is wrong with one says where."""

from datetime import UTC, datetime

import msgspec
import pytest

from penstock.merchants.add_skus import add_skus
from penstock.merchants.approve_skus import approve_skus
from penstock.merchants.sku_rules import NewSku, problems

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LAMP = NewSku(code="LAMP", title="LED desk lamp", weight_g=400, length_mm=120, width_mm=80,
              height_mm=60, value_minor=1500, currency="USD", hs6="940521",
              origin_country="CN")  # fmt: skip
changed = msgspec.structs.replace


async def test_added_unchanged_changed(tx, make):
    merchant_id = await make.merchant()
    first = await add_skus(tx, merchant_id, [LAMP, changed(LAMP, code="OTHER")])
    again = await add_skus(tx, merchant_id, [LAMP, changed(LAMP, code="OTHER", weight_g=500)])
    assert [a.outcome for a in first] == ["added", "added"]
    assert [a.outcome for a in again] == ["unchanged", "changed"]
    assert [a.sku_id for a in first] == [a.sku_id for a in again]


async def test_the_last_word_in_a_batch_counts(tx, make):
    merchant_id = await make.merchant()
    answers = await add_skus(tx, merchant_id, [LAMP, changed(LAMP, weight_g=500)])
    assert [a.outcome for a in answers] == ["superseded", "added"]
    rows = await tx.fetch("SELECT weight_g FROM merchants.sku WHERE merchant_id = $1", merchant_id)
    assert [row[0] for row in rows] == [500]


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"weight_g": 500, "value_minor": 1}, True),
        ({"restricted": "UN3480"}, False),
        ({"hs6": "850760"}, False),
        ({"title": "Power bank"}, False),
        ({"origin_country": "VN"}, False),
    ],
)
async def test_what_curation_looked_at_may_not_change_behind_its_back(tx, make, change, kept):
    merchant_id = await make.merchant()
    await add_skus(tx, merchant_id, [LAMP])
    await approve_skus(tx, [(merchant_id, "LAMP")], NOW)
    await add_skus(tx, merchant_id, [changed(LAMP, **change)])
    (row,) = await tx.fetch(
        "SELECT approved_at FROM merchants.sku WHERE merchant_id = $1", merchant_id
    )
    assert (row[0] is not None) == kept


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"code": " "}, "/code"), ({"code": "A\n"}, "/code"), ({"title": ""}, "/title"),
        ({"title": "a\0"}, "/title"), ({"weight_g": 0}, "/weight_g"),
        ({"length_mm": 10_001}, "/length_mm"), ({"value_minor": -1}, "/value_minor"),
        ({"currency": "XXX"}, "/currency"), ({"hs6": "9405.21"}, "/hs6"),
        ({"hs6": "٩٤٠٥٢١"}, "/hs6"), ({"origin_country": "XX"}, "/origin_country"),
        ({"restricted": "3480"}, "/restricted"),
    ],
)  # fmt: skip
def test_each_rule_has_its_pointer(change, pointer):
    assert problems(LAMP) == ()
    assert [e.pointer for e in problems(changed(LAMP, **change))] == [pointer]


async def test_one_bad_sku_spoils_no_other(tx, make):
    merchant_id = await make.merchant()
    answers = await add_skus(tx, merchant_id, [changed(LAMP, code="BAD", weight_g=0), LAMP])
    assert [a.outcome for a in answers] == ["invalid", "added"]
    assert answers[0].errors[0].pointer == "/weight_g"


async def test_thousands_go_in_one_batch(tx, make):
    merchant_id = await make.merchant()
    many = [changed(LAMP, code=f"L-{i}") for i in range(5000)]
    assert {a.outcome for a in await add_skus(tx, merchant_id, many)} == {"added"}
    assert {a.outcome for a in await add_skus(tx, merchant_id, many)} == {"unchanged"}
