"""Vendors at their trade: what they do with what they are asked, and what they tell of it.

Each fate is drawn by the name of what it befalls, so a play that is taken up again meets the same.
What befalls a parcel on its way is drawn by the door that it goes to, for its number depends on
when it was packed: so two plays of one evening with another floor or carrier differ by the floor
and the carrier, and not by luck (common random numbers).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from penstock.channels.order import Address
from penstock.gateways.effects import (
    DeclarationLodged,
    DeclarationRequest,
    LabelBought,
    LabelRequest,
    ManifestClosed,
    ManifestRequest,
    ReturnAnnounced,
    ReturnRequest,
    VendorEvent,
)
from penstock.simulation.books import Report
from penstock.simulation.chance import Chance
from penstock.simulation.scenario import Carrier, Lane, Scenario

_ENCODE = msgspec.json.Encoder().encode
_WORDS = {
    "swift": {
        "collected": "PICKED_UP", "hub": "ARRIVED_AT_HUB", "round": "WITH_COURIER",
        "failed": "NOBODY_HOME", "delivered": "DELIVERED", "lost": "LOST",
        "delay": "DELAYED_NETWORK",
    },
    "meridian": {
        "collected": "100", "hub": "110", "round": "300", "failed": "410", "delivered": "500",
        "lost": "900", "delay": "190",
    },
}  # fmt: skip
"""What each vocabulary calls what happens to a parcel; Penstock has to understand both."""
_ZONES = {"US": "America/Chicago", "GB": "Europe/London"}

Booked = tuple[str, bytes, str, bytes, str, str]
"""reference, request, state, answer, detail, tracking number: a row of the vendor's books."""


class Vendors:
    """All vendors of a scenario, by what they are asked for."""

    def __init__(self, scenario: Scenario, chance: Chance) -> None:
        """Know the contracts and the qualities."""
        self._carriers = {v.vendor: v for v in scenario.vendors}
        self._lanes: dict[tuple[str, str, str], Lane] = {
            (lane.vendor, lane.node, lane.country): lane for lane in scenario.lanes
        }
        self._chance = chance

    def labels(self, vendor: str, request: LabelRequest, raw: bytes) -> tuple[Booked, list[Report]]:
        """Sell a label at the contract's price; refuse a parcel in 500."""
        lane = self._lanes[vendor, request.node, request.ship_to.country]
        if self._chance.happens(0.002, "refuse", vendor, _door(request.ship_to)):
            detail = "address is not served on this route"
            return (request.reference, raw, "refused", b"{}", detail, ""), []
        number = int(self._chance.uniform("number", vendor, request.reference) * 10**12)
        fee = lane.fee_2kg_minor if request.weight_g <= 2000 else lane.fee_30kg_minor
        answer = LabelBought(
            reference=request.reference,
            tracking_number=f"{vendor[:2].upper()}{number:012}",
            fee_minor=fee,
            currency=lane.currency,
        )
        done = _ENCODE(answer)
        return (request.reference, raw, "done", done, "", answer.tracking_number), []

    def manifests(
        self, vendor: str, request: ManifestRequest, raw: bytes
    ) -> tuple[Booked, list[Report]]:
        """Take note of a pick-up."""
        number = int(self._chance.uniform("manifest", vendor, request.reference) * 10**8)
        answer = ManifestClosed(reference=request.reference, vendor_reference=f"M{number:08}")
        return (request.reference, raw, "done", _ENCODE(answer), "", ""), []

    def declarations(
        self, vendor: str, request: DeclarationRequest, raw: bytes
    ) -> tuple[Booked, list[Report]]:
        """Lodge a declaration; most are released within hours, some held, a few refused."""
        name = request.reference
        answer = DeclarationLodged(reference=name, broker_reference=f"B-{name}")
        released_at = request.lodged_at + timedelta(
            hours=1 + self._chance.exponential(4.0, "release", name)
        )
        told: list[tuple[str, datetime]] = [
            ("ACCEPTED", request.lodged_at + timedelta(minutes=5)),
        ]
        if self._chance.happens(0.004, "prohibited", name):
            told.append(("PROHIBITED", released_at))
        elif self._chance.happens(0.04, "inspected", name):
            held_for = timedelta(hours=8 + self._chance.exponential(20.0, "held", name))
            told += [("INSPECTION", released_at), ("RELEASED", released_at + held_for)]
        else:
            told.append(("RELEASED", released_at))
        reports = self._reports(vendor, "declaration", name, told)
        return (name, raw, "done", _ENCODE(answer), "", ""), list(reports)

    def returns(
        self, vendor: str, request: ReturnRequest, raw: bytes
    ) -> tuple[Booked, list[Report]]:
        """Expect a return; the shopper sends it, it arrives, it is graded."""
        name = request.reference
        fee = 590 if request.country == "US" else 380
        answer = ReturnAnnounced(
            reference=name,
            label_reference=f"R-{name}",
            fee_minor=fee,
            currency="USD" if request.country == "US" else "GBP",
        )
        reports: list[Report] = []
        if not self._chance.happens(0.03, "never sent", name):
            sent_at = request.announced_at + timedelta(
                hours=4 + self._chance.exponential(16.0, "sent", name)
            )
            at_dock = sent_at + timedelta(hours=30 + self._chance.exponential(12.0, "dock", name))
            graded_at = at_dock + timedelta(hours=2 + self._chance.exponential(6.0, "grade", name))
            grade = self._chance.choice(
                ("A", "B", "C", "missing"), (0.82, 0.1, 0.06, 0.02), "graded", name
            )
            told = [("DROPPED_OFF", sent_at), ("AT_DOCK", at_dock), ("GRADED", graded_at)]
            reports = list(self._reports(vendor, "return", name, told, detail=grade))
        return (name, raw, "done", _ENCODE(answer), "", ""), reports

    def collect(
        self, vendor: str, label: LabelRequest, tracking_number: str, at: datetime
    ) -> list[Report]:
        """Carry a parcel that was handed over at `at`; return all that will be told of it."""
        carrier = self._carriers[vendor]
        lane = self._lanes[vendor, label.node, label.ship_to.country]
        told = self._road(carrier, lane, label.ship_to, at)
        return list(self._reports(vendor, "parcel", tracking_number, told))

    def _road(
        self, carrier: Carrier, lane: Lane, ship_to: Address, at: datetime
    ) -> list[tuple[str, datetime]]:
        chance, words = self._chance, _WORDS[carrier.vocabulary]
        country, door = ship_to.country, _door(ship_to)
        scanned_at = at + timedelta(hours=chance.exponential(carrier.scan_hours, "scan", door))
        told = [(words["collected"], scanned_at)]
        if chance.happens(carrier.lost, "lost", door):
            days = 5 + chance.uniform("lost after", door) * 3
            return [*told, (words["lost"], scanned_at + timedelta(days=days))]
        days = lane.transit_days - chance.happens(0.35, "early", door)
        if not chance.happens(carrier.on_time, "on time", door):
            days = lane.transit_days + 1
            days += int(chance.uniform("late", door) * carrier.late_days_max)
            told.append((words["delay"], scanned_at + timedelta(days=days / 2)))
        if chance.happens(carrier.attempt_fails, "attempt", door):
            told.append((words["failed"], _at_door(at, days, country, chance, door)))
            days += 1
        delivered_at = _at_door(at, days, country, chance, door)
        delivered_at = max(delivered_at, scanned_at + timedelta(hours=6))
        told.append((words["hub"], scanned_at + (delivered_at - scanned_at) / 3))
        told.append((words["round"], delivered_at - timedelta(hours=3)))
        told.append((words["delivered"], delivered_at))
        return told

    def _reports(
        self,
        vendor: str,
        topic: str,
        about: str,
        told: Sequence[tuple[str, datetime]],
        *,
        detail: str = "",
    ) -> Iterator[Report]:
        """Tell what happens: usually soon, sometimes a day late, sometimes twice."""
        carrier = self._carriers[vendor]
        for number, (code, occurred_at) in enumerate(told):
            name = (topic, about, number)
            event_id = f"{about}-{number}"
            delay = timedelta(minutes=self._chance.exponential(15.0, "delay", *name))
            if self._chance.happens(carrier.late_reports, "late report", *name):
                delay += timedelta(hours=4 + self._chance.exponential(14.0, "later", *name))
            event = VendorEvent(
                event_id=event_id,
                topic=topic,
                about=about,
                code=code,
                occurred_at=_written(carrier, occurred_at),
                detail=detail,
            )
            body = _ENCODE(event)
            due_at = occurred_at + delay
            yield Report(vendor, event_id, 0, due_at, body)
            if self._chance.happens(carrier.doubled_reports, "doubled", *name):
                again = timedelta(minutes=self._chance.exponential(90.0, "again", *name))
                yield Report(vendor, event_id, 1, due_at + again, body)


def _door(ship_to: Address) -> str:
    return f"{ship_to.name}, {ship_to.line1}, {ship_to.city}"


def _at_door(at: datetime, days: int, country: str, chance: Chance, door: str) -> datetime:
    """Return a time between 9 and 20 h at the consignee's, `days` after the day of `at`."""
    zone = ZoneInfo(_ZONES[country])
    day = at.astimezone(zone).date() + timedelta(days=days)
    minutes = int(chance.uniform("hour", door, days) * 11 * 60)
    local = datetime.combine(day, time(9), zone) + timedelta(minutes=minutes)
    return local.astimezone(UTC)


def _written(carrier: Carrier, at: datetime) -> str:
    """Write a time as the vendor does: those of the swift vocabulary give an offset."""
    local = at.astimezone(ZoneInfo(carrier.zone))
    if carrier.vocabulary == "meridian":
        return local.replace(tzinfo=None).isoformat(timespec="seconds")
    return local.isoformat(timespec="seconds")
