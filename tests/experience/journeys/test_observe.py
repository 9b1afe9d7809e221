from datetime import UTC, datetime, timedelta
from typing import Any

from penstock.db.transaction import Transaction
from penstock.experience.journeys.observe import TELLING, observe
from penstock.lifecycle.states import TRANSITIONS

T0 = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
WHO = 7


def h(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


_PLAIN: dict[str, Any] = {
    "integer": 0, "bigint": 0, "smallint": 0, "boolean": False, "text": "", "bytea": b"",
    "timestamp with time zone": T0, "json": "{}", "jsonb": "{}", "ARRAY": [],
}  # fmt: skip


async def put(tx: Transaction, table: str, **row: Any) -> None:
    """Insert a row; what it does not name and the table demands is of no matter here."""
    demanded = await tx.fetch(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema || '.' || table_name = $1 AND is_nullable = 'NO'"
        " AND column_default IS NULL AND is_identity = 'NO'",
        table,
    )
    row = {**{name: _PLAIN[kind] for name, kind in demanded}, "merchant_id": WHO, **row}
    marks = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await tx.fetch(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", *row.values())


async def order(tx: Transaction, number: int, *, outcome: str = "accepted") -> None:
    await put(
        tx, "orders.receipt", order_id=number, channel_order_id=f"T-{number}", outcome=outcome,
        channel="tiktok_shop",
        country="US", ordered_at=h(0), paid_at=h(1), received_at=h(2), dispatch_by_at=h(48),
        deliver_by_at=h(120),
    )  # fmt: skip


async def subject(
    tx: Transaction, kind: str, number: int, moves: dict[str, tuple[str, str, float]]
) -> None:
    """Write a subject with its moves: event → (from, to, hours)."""
    status = list(moves.values())[-1][1]
    since_at = h(list(moves.values())[-1][2])
    await put(
        tx, "lifecycle.subject", subject_id=number, kind=kind, status=status, since_at=since_at
    )
    for event, (before, after, hours) in moves.items():
        await put(
            tx, "lifecycle.history", subject_id=number, kind=kind, event=event,
            from_status=before, to_status=after, at=h(hours),
        )  # fmt: skip


async def parcel(tx: Transaction, number: int, fulfilment_order: int) -> None:
    await put(
        tx, "warehouse.parcel", parcel_id=number, fulfilment_order_id=fulfilment_order,
        parcel_no=number, weight_g=100,
    )  # fmt: skip
    await put(
        tx, "shipping.label", parcel_id=number, tracking_number=f"TN{number}",
        bought_at=h(7 + number / 100), deliver_by_at=h(90 + number),
    )  # fmt: skip


async def event(tx: Transaction, number: int, status: str, hours: float) -> None:
    await put(
        tx, "tracking.event", event_id=f"{number}-{status}-{hours}", parcel_id=number,
        status=status, occurred_at=h(hours), zone_source="offset", received_at=h(hours + 5),
    )  # fmt: skip


BORN = {"received": ("", "open", 2.0)}
SHIPPED = {
    **BORN,
    "allocated": ("open", "allocated", 3.0),
    "released": ("allocated", "released", 4.0),
    "picked": ("released", "picked", 5.0),
    "packed": ("picked", "packed", 6.0),
    "handed_over": ("packed", "shipped", 30.0),
}
DELIVERED = {**SHIPPED, "delivered": ("shipped", "delivered", 88.0)}


async def seen(tx: Transaction, number: int) -> dict[str, Any]:
    rows = await tx.fetch(
        "SELECT * FROM experience.journey WHERE merchant_id = $1 AND fulfilment_order_id = $2",
        WHO,
        number,
    )
    (row,) = rows
    return {key: value for key, value in dict(row).items() if value is not None}


async def look(tx: Transaction, *subjects: int) -> int | None:
    return await observe(tx, merchant_ids=[WHO] * len(subjects), subject_ids=subjects)


async def test_a_journey_gathers_the_clocks_of_every_stage(tx: Transaction) -> None:
    await order(tx, 1)
    await subject(tx, "fulfilment_order", 1, DELIVERED)
    await parcel(tx, 21, 1)
    await parcel(tx, 22, 1)
    await event(tx, 21, "info", 20)
    await event(tx, 21, "scanned", 33)
    await event(tx, 21, "delivered", 80)
    await event(tx, 22, "scanned", 36)
    await event(tx, 22, "scanned", 34)
    await event(tx, 22, "delivered", 85)
    await event(tx, 22, "delivered", 86)
    assert await look(tx, 21, 1, 22) == 1
    assert await seen(tx, 1) == {
        "merchant_id": WHO,
        "fulfilment_order_id": 1,
        "source": "live",
        "order_ref": "T-1",
        "channel": "tiktok_shop",
        "market": "US",
        "ordered_at": h(0),
        "paid_at": h(1),
        "accepted_at": h(2),
        "allocated_at": h(3),
        "released_at": h(4),
        "picked_at": h(5),
        "packed_at": h(6),
        "labelled_at": h(7.22),
        "dispatched_at": h(30),
        "scanned_at": h(34),
        "dispatch_by_at": h(48),
        "deliver_by_at": h(120),
        "transit_by_at": h(112),
        "delivered_at": h(85),
    }


async def test_any_subject_leads_to_the_journey(tx: Transaction) -> None:
    await order(tx, 1)
    await subject(tx, "fulfilment_order", 1, SHIPPED)
    await parcel(tx, 21, 1)
    assert await look(tx, 21) == 1
    assert await look(tx, 1, 1, 21) == 1
    assert await look(tx, 99) == 0
    assert await look(tx) == 0
    assert "delivered_at" not in await seen(tx, 1)


async def test_half_an_order_is_not_scanned_and_has_not_arrived(tx: Transaction) -> None:
    await order(tx, 1)
    await subject(tx, "fulfilment_order", 1, SHIPPED)
    await parcel(tx, 21, 1)
    await parcel(tx, 22, 1)
    await event(tx, 21, "delivered", 80)
    await look(tx, 1)
    assert not {"delivered_at", "scanned_at"} & {*await seen(tx, 1)}


async def test_a_split_order_is_two_journeys(tx: Transaction) -> None:
    await order(tx, 1)
    await subject(tx, "fulfilment_order", 1, SHIPPED)
    await subject(tx, "fulfilment_order", 2, {"split_off": ("", "open", 9.0)})
    for number in (1, 2):
        await put(tx, "allocation.fulfilment_order", fulfilment_order_id=number, order_id=1)
    assert await look(tx, 1, 2) == 2
    assert (await seen(tx, 1))["order_ref"] == (await seen(tx, 2))["order_ref"] == "T-1"


async def test_a_cancelled_order_has_its_fault(tx: Transaction) -> None:
    cancelled = {**BORN, "cancelled": ("open", "cancelled", 12.0)}
    for number in (1, 2):
        await order(tx, number)
        await subject(tx, "fulfilment_order", number, cancelled)
    await put(
        tx, "orders.cancellation", order_id=1, fulfilment_order_id=1, reason="no stock",
        fault="seller", at=h(11),
    )  # fmt: skip
    await look(tx, 1, 2)
    one, two = await seen(tx, 1), await seen(tx, 2)
    assert (one["cancelled_at"], one["cancel_fault"]) == (h(11), "seller")
    assert (two["cancelled_at"], two["cancel_fault"]) == (h(12), "unknown")


async def test_losses_exceptions_and_returns_are_seen_with_their_fault(tx: Transaction) -> None:
    await order(tx, 1)
    await subject(tx, "fulfilment_order", 1, SHIPPED)
    await parcel(tx, 21, 1)
    await subject(tx, "parcel", 21, {"lost": ("in_transit", "lost", 300.0)})
    for hours, fault in ((40, "carrier"), (50, "consignee"), (60, "")):
        await put(
            tx, "tracking.exception", subject_id=21, kind="parcel", fault=fault,
            opened_at=h(hours), closed_at=h(hours + 1),
        )  # fmt: skip
    await look(tx, 21)
    row = await seen(tx, 1)
    assert (row["lost_at"], row["exception_fault"]) == (h(300), "buyer")
    await event(tx, 21, "lost", 290)
    await look(tx, 21)
    assert (await seen(tx, 1))["lost_at"] == h(290)


async def rma(tx: Transaction, number: int, status: str, fault: str, hours: float) -> None:
    moves = {"requested": ("", "requested", hours)}
    if status == "rejected":
        moves["rejected"] = ("requested", "rejected", hours)
    await subject(tx, "return", number, moves)
    await put(
        tx, "returns.rma", return_id=number, request_key=f"{number}", order_id=1,
        fulfilment_order_id=1, fault=fault, requested_at=h(hours), reference=f"{number}",
    )  # fmt: skip


async def test_the_first_return_that_stands_counts(tx: Transaction) -> None:
    await order(tx, 1)
    await subject(tx, "fulfilment_order", 1, DELIVERED)
    await rma(tx, 31, "rejected", "buyer", 100)
    await rma(tx, 32, "requested", "seller", 110)
    await rma(tx, 33, "requested", "carrier", 120)
    assert await look(tx, 33) == 1
    row = await seen(tx, 1)
    assert (row["returned_at"], row["return_fault"]) == (h(110), "seller")


async def test_a_refused_order_has_no_journey(tx: Transaction) -> None:
    await order(tx, 1, outcome="unknown_sku")
    await subject(tx, "fulfilment_order", 1, BORN)
    assert await look(tx, 1) == 0


def test_every_topic_that_tells_something_is_one_that_is_announced() -> None:
    assert {f"{t.kind}.{t.event}" for t in TRANSITIONS} > TELLING


def test_every_way_to_begin_or_end_tells_something() -> None:
    ends = {
        f"{t.kind}.{t.event}"
        for t in TRANSITIONS
        if t.kind == "fulfilment_order" and (t.from_status == "" or not _goes_on(t.to_status))
    }
    unpaid = {"fulfilment_order.received_unpaid"}  # its promise is dated when it is paid
    assert ends - unpaid <= TELLING


def _goes_on(status: str) -> bool:
    return any(t.kind == "fulfilment_order" and t.from_status == status for t in TRANSITIONS)
