"""Markets are opened with a currency and an SLA that exist."""

import pytest

from penstock.kernel.errors import Invalid
from penstock.merchants.set_markets import Market, set_markets

SLAS = ("tiktok_us_regular", "tiktok_uk")
US = Market(country="US", currency="USD", sla="tiktok_us_regular")
GB = Market(country="GB", currency="GBP", sla="tiktok_uk")


async def markets(tx, merchant_id):
    rows = await tx.fetch(
        "SELECT country, currency, sla FROM merchants.market WHERE merchant_id = $1 ORDER BY 1",
        merchant_id,
    )
    return [tuple(row) for row in rows]


async def test_opened_changed_left_alone(tx, make):
    merchant_id = await make.merchant()
    assert await set_markets(tx, merchant_id, [US, GB], SLAS) == 1
    assert await set_markets(tx, merchant_id, [US, GB], SLAS) == 0
    changed = Market(country="GB", currency="EUR", sla="tiktok_uk")
    assert await set_markets(tx, merchant_id, [changed], SLAS) == 1
    assert await markets(tx, merchant_id) == [
        ("GB", "EUR", "tiktok_uk"), ("US", "USD", "tiktok_us_regular"),
    ]  # fmt: skip


async def test_every_fault_is_named(tx, make):
    merchant_id = await make.merchant()
    bad = [US, US, Market(country="XX", currency="XXX", sla="soon")]
    with pytest.raises(Invalid) as refusal:
        await set_markets(tx, merchant_id, bad, SLAS)
    assert [(e.pointer, e.code) for e in refusal.value.errors] == [
        ("/markets/1/country", "said_twice"),
        ("/markets/2/country", "unknown_country"),
        ("/markets/2/currency", "unknown_currency"),
        ("/markets/2/sla", "unknown_sla"),
    ]
