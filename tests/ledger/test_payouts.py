"""What falls due when: goods delivered, less refunds, by the days of settlement at delivery."""

from datetime import UTC, datetime, timedelta

from penstock.ledger.payouts import SETTLEMENT_DAYS, Payout, payouts_due

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


async def delivered(tx, make, merchant_id, order_id, at, *, price=1999, quantity=2, source="live"):
    await tx.fetch(
        "INSERT INTO orders.receipt SELECT $1, $2::bigint, 'test', 'T-' || $2::bigint, 'accepted',"
        " '', 'US', 'USD', 0, 0, 'available', NULL, '', '{}', $3, $3, $3, $3, $3",
        merchant_id, order_id, at - 3 * DAY,
    )  # fmt: skip
    await tx.fetch(
        "INSERT INTO orders.line VALUES ($1, $2, 0, 1, 0, $3, $3, 0, $4)",
        merchant_id, order_id, quantity, price,
    )  # fmt: skip
    await tx.fetch(
        "INSERT INTO allocation.fulfilment_order (merchant_id, fulfilment_order_id, order_id)"
        " VALUES ($1, $2, $2)",
        merchant_id, order_id,
    )  # fmt: skip
    await tx.fetch(
        "INSERT INTO allocation.fulfilment_line VALUES ($1, $2, 0, 1, $3)",
        merchant_id, order_id, quantity,
    )  # fmt: skip
    await tx.fetch(
        "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, source, order_ref,"
        " ordered_at, delivered_at) VALUES ($1, $2::bigint, $4, $2::bigint::text, $3, $3)",
        merchant_id, order_id, at, source,
    )  # fmt: skip


async def term(tx, merchant_id, days, begun, ended=None):
    await tx.fetch(
        "INSERT INTO merchants.term (merchant_id, kind, value, from_at, ended_at, because,"
        " decided_by) VALUES ($1, 'settlement_days', $2, $3,"
        " coalesce($4, 'infinity'::timestamptz), '', '')",
        merchant_id, days, begun, ended,
    )  # fmt: skip


async def test_the_days_of_settlement_are_those_of_the_delivery(tx, make):
    merchant_id, other = await make.merchant(), await make.merchant()
    await term(tx, merchant_id, 31, NOW, NOW + 2 * DAY)
    await term(tx, merchant_id, 1, NOW + 2 * DAY)
    for n, at in enumerate((NOW - DAY, NOW - DAY, NOW, NOW + DAY, NOW + 2 * DAY)):
        await delivered(tx, make, merchant_id, 100 + n, at)
    await delivered(tx, make, other, 200, NOW)
    await delivered(tx, make, merchant_id, 300, NOW, source="olist")
    day = NOW.date()

    async def due(first, last):
        return await payouts_due(tx, merchant_id, day + first * DAY, day + last * DAY)

    assert await due(-9, 99) == [
        Payout(day + 3 * DAY, 1, "USD", 1, 3998, 0),
        Payout(day + (SETTLEMENT_DAYS - 1) * DAY, SETTLEMENT_DAYS, "USD", 2, 7996, 0),
        Payout(day + 31 * DAY, 31, "USD", 1, 3998, 0),
        Payout(day + 32 * DAY, 31, "USD", 1, 3998, 0),
    ]
    assert [p.due_on for p in await due(31, 32)] == [day + 31 * DAY]


async def test_refunds_are_taken_off(tx, make):
    merchant_id = await make.merchant()
    await delivered(tx, make, merchant_id, 100, NOW)
    for n, settled_at in ((1, NOW + DAY), (2, None)):
        await tx.fetch(
            "INSERT INTO returns.rma (merchant_id, return_id, request_key, body_sha256, reference,"
            " order_id, fulfilment_order_id, country, reason, node_id, delivered_at, requested_at,"
            " refund_minor, currency, settled_at)"
            " VALUES ($1, $2::bigint, $2::bigint::text, '', $2::bigint::text, 100, 100, 'US',"
            " 'late', 1, $3, $3, 1000, 'USD', $4)",
            merchant_id, n, NOW, settled_at,
        )  # fmt: skip
    (found,) = await payouts_due(tx, merchant_id, NOW.date(), NOW.date() + 99 * DAY)
    assert (found.goods_minor, found.refunds_minor) == (3998, 1000)
