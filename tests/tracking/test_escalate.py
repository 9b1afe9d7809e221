"""The exception list: nothing overdue is missing from it, nothing that moved on stays."""

from datetime import UTC, datetime, timedelta
from functools import partial

from penstock.gateways.effects import VendorEvent
from penstock.lifecycle.states import STATUSES
from penstock.shipping.depart import prove_hand_over
from penstock.tracking.escalate import escalate, exceptions, report
from penstock.tracking.overdue import OVERDUE
from penstock.tracking.record_events import record_events

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_every_status_that_can_be_outstayed_has_its_reason():
    assert set(OVERDUE) == {(s.kind, s.status) for s in STATUSES if not s.terminal}


async def travelling(road, make):
    node = await make.node()
    await road.lane("swift", node)
    (parcel,) = await road.packed(node)
    await road.handed_over([parcel], node, NOW)
    return parcel


async def tell(road, parcel, code, at):
    event = VendorEvent(
        event_id=f"{code}-{at}", topic="parcel", about=f"T{parcel.subject_id}", code=code,
        occurred_at=at.isoformat(),
    )  # fmt: skip
    depart = partial(prove_hand_over, ship=road.shipped)
    await record_events(road.tx, "swift", [event], at, depart=depart)


async def listed(road):
    return [(e.subject_id, e.reason, e.fault, e.detail) for e in await exceptions(road.tx)]


async def test_what_outstays_its_deadline_is_listed_until_it_moves(road, make):
    parcel = await travelling(road, make)
    assert await escalate(road.tx, NOW + timedelta(hours=48)) == 0
    overdue_at = NOW + timedelta(hours=48, seconds=1)
    assert await escalate(road.tx, overdue_at) == 1
    assert await escalate(road.tx, overdue_at) == 0
    assert await listed(road) == [(parcel.subject_id, "no_scan_after_hand_over", "carrier", "")]
    await tell(road, parcel, "PICKED_UP", overdue_at + timedelta(hours=1))
    await escalate(road.tx, overdue_at + timedelta(hours=2))
    assert await listed(road) == []
    (row,) = await road.tx.fetch("SELECT opened_at, closed_at FROM tracking.exception")
    assert tuple(row) == (overdue_at, overdue_at + timedelta(hours=2))


async def test_the_carriers_word_on_the_fault_goes_before_ours(road, make):
    parcel = await travelling(road, make)
    await tell(road, parcel, "WITH_COURIER", NOW + timedelta(hours=20))
    await tell(road, parcel, "NOBODY_HOME", NOW + timedelta(hours=24))
    await escalate(road.tx, NOW + timedelta(hours=24 + 73))
    assert await listed(road) == [(parcel.subject_id, "no_new_attempt", "consignee", "nobody_home")]


async def test_a_report_opens_at_once_and_is_brought_up_to_date(road, make):
    node = await make.node()
    (parcel,) = await road.packed(node)
    trouble = (parcel.merchant_id, parcel.subject_id, "label_refused", "carrier", "too far")
    assert await report(road.tx, [trouble, trouble], NOW) == 1
    newer = (*trouble[:4], "no vans")
    await report(road.tx, [newer], NOW + timedelta(minutes=1))
    assert await listed(road) == [(parcel.subject_id, "label_refused", "carrier", "no vans")]
    await escalate(road.tx, NOW + timedelta(hours=7))
    assert len(await listed(road)) == 1, "one thing stands on the list once"


async def test_a_merchant_sees_its_own(road, make):
    node = await make.node()
    ours, theirs = (await road.packed(node))[0], (await road.packed(node))[0]
    await escalate(road.tx, NOW + timedelta(hours=7))
    assert {e.subject_id for e in await exceptions(road.tx)} == {
        ours.subject_id, theirs.subject_id,
    }  # fmt: skip
    mine = await exceptions(road.tx, ours.merchant_id)
    assert [e.subject_id for e in mine] == [ours.subject_id]


async def test_no_fourth_place(road, make):
    node = await make.node()
    await road.packed(node, 30, each=2)
    late = NOW + timedelta(days=5)
    await escalate(road.tx, late)
    (missing,) = await road.tx.fetch(
        "SELECT count(*) FROM lifecycle.subject AS s WHERE s.deadline_at < $1 AND NOT EXISTS"
        " (SELECT FROM tracking.exception AS e WHERE e.subject_id = s.subject_id"
        " AND e.closed_at IS NULL)",
        late,
    )
    assert missing[0] == 0
