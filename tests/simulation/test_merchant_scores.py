"""The evening's scores name the orders that cost most, in words."""

from datetime import UTC, datetime, timedelta

import pytest

from penstock.simulation.merchant_scores import merchant_scores

T0 = datetime(2026, 11, 2, 10, tzinfo=UTC)


def h(hours):
    return T0 + timedelta(hours=hours)


async def test_the_costliest_orders_are_told_with_what_happened(tx, make):
    merchant = await make.merchant()
    for number in range(1, 21):
        late = number == 7
        row = {
            "merchant_id": merchant, "fulfilment_order_id": number, "order_ref": f"o-{number}",
            "ordered_at": T0, "paid_at": T0, "accepted_at": T0, "dispatch_by_at": h(48),
            "dispatched_at": h(60 if late else 30), "deliver_by_at": h(120),
            "delivered_at": h(130 if late else 80),
        }  # fmt: skip
        marks = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        await tx.fetch(
            f"INSERT INTO experience.journey ({', '.join(row)}) VALUES ({marks})", *row.values()
        )
    (score,) = await merchant_scores(tx, h(24 * 9))
    (worst,) = score.worst
    assert worst.order_ref == "o-7"
    assert worst.happened == "handed over 12 h late; delivered 10 h late"
    assert worst.points == pytest.approx(score.high - score.total)
