"""The audit finds what was posted wrongly, and nothing in sound books."""

from datetime import UTC, datetime

import pytest

from penstock.ledger.audit import audit
from penstock.ledger.post import Posting, post

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LABEL = Posting(1, "merchant", "vendor:swift", 450, "USD", "label", 7)
REFUND = Posting(1, "merchant", "shopper", 1999, "USD", "refund", 9)
SHARE = Posting(1, "merchant", "vendor:boomerang", 100, "USD", "return_fee", 9)
OTHER_SHARE = Posting(1, "vendor:swift", "vendor:boomerang", 233, "USD", "return_fee", 9)
SOUND = [LABEL, REFUND, SHARE, OTHER_SHARE]


@pytest.fixture
async def world(tx):
    """A parcel with a label of 4.50, and a settled return with a fee of 3.33."""
    await tx.fetch(
        "INSERT INTO shipping.label (merchant_id, parcel_id, vendor, service, tracking_number,"
        " fee_minor, currency, bought_at, pickup_at, deliver_by_at)"
        " VALUES (1, 7, 'swift', '', 'N', 450, 'USD', $1, $1, $1)",
        NOW,
    )
    await tx.fetch(
        "INSERT INTO returns.rma (merchant_id, return_id, request_key, body_sha256, reference,"
        " order_id, fulfilment_order_id, country, reason, node_id, delivered_at, requested_at,"
        " fee_minor, fee_currency, refund_minor, currency, settled_at)"
        " VALUES (1, 9, 'K', '', 'm/K', 1, 1, 'US', 'late', 1, $1, $1, 333, 'USD', 1999, 'USD',"
        " $1)",
        NOW,
    )


async def found(tx):
    return [
        (d.check, d.subject_id, d.expected_minor, d.found_minor, d.transfers)
        for d in await audit(tx)
    ]


async def test_sound_books_have_no_difference(tx, world):
    await post(tx, SOUND, NOW)
    assert await audit(tx) == []


async def test_nothing_posted_is_found(tx, world):
    assert await found(tx) == [
        ("label", 7, 450, 0, 0), ("refund", 9, 1999, 0, 0), ("return_fee", 9, 333, 0, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "differences"),
    [
        ([REFUND, SHARE, OTHER_SHARE], [("label", 7, 450, 0, 0)]),
        ([LABEL, REFUND, SHARE], [("return_fee", 9, 333, 100, 1)]),
        ([*SOUND, REFUND._replace(subject_id=10)], [("refund", 10, 0, 1999, 1)]),
        ([*SOUND, LABEL._replace(subject_id=8)], [("label", 8, 0, 450, 1)]),
        (
            [
                LABEL._replace(amount_minor=225),
                LABEL._replace(amount_minor=225, debit_account="platform"),
                *SOUND[1:],
            ],
            [("label", 7, 450, 450, 2)],
        ),
        (
            [LABEL._replace(currency="EUR"), *SOUND[1:]],
            [("label", 7, 0, 450, 1), ("label", 7, 450, 0, 0)],
        ),
    ],
    ids=["no label", "a share short", "a refund too many", "a label too many", "label twice",
         "other currency"],
)  # fmt: skip
async def test_each_kind_of_difference_is_found(tx, world, rows, differences):
    await post(tx, rows, NOW)
    assert await found(tx) == differences


async def test_a_voided_label_is_none(tx, world):
    void = Posting(1, "vendor:slow", "merchant", 300, "USD", "label_voided", 7)
    first = LABEL._replace(credit_account="vendor:slow", amount_minor=300)
    await post(tx, [first, void, *SOUND], NOW)
    assert await audit(tx) == []
