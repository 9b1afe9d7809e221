"""A statement tells one merchant's period, no more and no less."""

from datetime import UTC, datetime, timedelta

from penstock.ledger.post import Posting, post
from penstock.ledger.statement import Balance, statement

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


async def test_by_account_reason_and_currency(tx):
    rows = [
        Posting(1, "merchant", "vendor:swift", 450, "USD", "label", 7),
        Posting(1, "merchant", "vendor:swift", 350, "USD", "label", 8),
        Posting(1, "merchant", "shopper", 1999, "USD", "refund", 9),
        Posting(1, "vendor:swift", "merchant", 450, "USD", "label_voided", 7),
    ]
    await post(tx, rows, NOW)
    await post(tx, [Posting(2, "merchant", "shopper", 5, "USD", "refund", 9)], NOW)
    assert await statement(tx, 1, NOW - DAY, NOW + DAY) == [
        Balance("merchant", "label", "USD", 2, 800, 0, 800),
        Balance("merchant", "label_voided", "USD", 1, 0, 450, -450),
        Balance("merchant", "refund", "USD", 1, 1999, 0, 1999),
        Balance("shopper", "refund", "USD", 1, 0, 1999, -1999),
        Balance("vendor:swift", "label", "USD", 2, 0, 800, -800),
        Balance("vendor:swift", "label_voided", "USD", 1, 450, 0, 450),
    ]


async def test_periods_adjoin(tx):
    for day in range(3):
        row = Posting(1, "merchant", "shopper", 10**day, "USD", "refund", day)
        await post(tx, [row], NOW + day * DAY)
    (first, _) = await statement(tx, 1, NOW, NOW + DAY)
    (second, _) = await statement(tx, 1, NOW + DAY, NOW + 2 * DAY)
    assert (first.balance_minor, second.balance_minor) == (1, 10)
