"""What each stage lends another: the functions that `journey.py` and the API hand in.

Stages never import one another. What one needs of another is an argument, and here is what it is
given.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Protocol

import msgspec

from penstock.access.once import bodies_of
from penstock.allocation.unallocate import unallocate
from penstock.customs.clearance import BorderCharge, ClearancePorts
from penstock.customs.declare import DeclarePorts
from penstock.customs.record_clearance import record_clearance
from penstock.customs.rulebook import shipped
from penstock.customs.territory import jurisdiction
from penstock.db.outbox import announce
from penstock.db.together import together
from penstock.db.transaction import Transaction
from penstock.experience.profiles.effect import Effect
from penstock.experience.profiles.load import load as load_profile
from penstock.experience.profiles.load import shipped as shipped_profiles
from penstock.experience.profiles.profile import Profile
from penstock.experience.scores.limits import limits_broken
from penstock.experience.scores.score import Score
from penstock.gateways.effects import VendorEvent
from penstock.inventory.audit import audit as audit_stock
from penstock.inventory.commit import uncommit_stock
from penstock.inventory.release import release_reservation
from penstock.inventory.reserve import hold, lock_stock, reserve
from penstock.inventory.ring_fence import give_back
from penstock.inventory.ship import ship_stock
from penstock.inventory.write_off import write_off
from penstock.kernel.errors import NotFound
from penstock.kernel.fx import eur_per_unit
from penstock.ledger.audit import audit as audit_ledger
from penstock.ledger.post import post
from penstock.lifecycle.advance import Subject, create_alike
from penstock.merchants.admit import count_day, day_admission
from penstock.merchants.growth.bands import ScoreBand, ScoreRules
from penstock.merchants.growth.load_policies import load_shipped_policies
from penstock.orders.cancel import Cancelled, Fault, cancel, cancel_parts
from penstock.orders.item import Dated
from penstock.orders.ports import Ports, Told
from penstock.orders.store import store
from penstock.orders.withdraw import withdraw
from penstock.promise.handling import extra_days, promised
from penstock.promise.tell_extended import Extended, tell_extended
from penstock.returns.load_policies import load_policies
from penstock.returns.record_events import record_events as record_return_events
from penstock.shipping.buy_label import (
    FreightCharge,
    LabelPorts,
)
from penstock.shipping.depart import ShippedLine, prove_hand_over, ship_complete
from penstock.shipping.hand_over import HandOver, HandOverAnswer, hand_over
from penstock.shipping.never_left import never_left
from penstock.streams.buyer_limit import limit_buyers
from penstock.streams.cancel import cancel_stream
from penstock.streams.let_through import let_through
from penstock.streams.set_brake import release_brakes, set_brake
from penstock.tracking.catch_up import catch_up, conclude
from penstock.tracking.escalate import report
from penstock.tracking.record_events import record_events
from penstock.vendors.vocabulary import vocabulary_of, words_of
from penstock.warehouse.add_cartons import add_cartons
from penstock.warehouse.confirm_pick import ShortLine


class Heard(Protocol):
    """What a stage answers to a vendor's event."""

    @property
    def event_id(self) -> str:
        """Whose answer it is."""
        ...

    @property
    def outcome(self) -> str:
        """What became of it."""
        ...


_LATEST_DELIVERY = timedelta(days=30)


def promise(
    sla: str, country: str, paid_at: Sequence[datetime], extra_days: Sequence[int] = ()
) -> list[Dated]:
    """Date orders by their SLA; where that sets no delivery, in 30 days at the latest."""
    dues = promised(sla, country, paid_at, extra_days)
    shared = {
        id(due): Dated(
            due.dispatch_by_at, due.deliver_by_at or due.dispatch_by_at + _LATEST_DELIVERY
        )
        for due in {id(due): due for due in dues}.values()
    }
    return [shared[id(due)] for due in dues]


async def _tell_extended(
    tx: Transaction, merchant_id: int, told: Sequence[Told], now: datetime
) -> None:
    await tell_extended(tx, [Extended(merchant_id, *one) for one in told], now)


RECEIPT = Ports(
    admission=day_admission,
    lock_stock=lock_stock,
    write=together(
        store, reserve, hold, count_day, create_alike, renamed={"subject_ids": "order_ids"}
    ),
    bodies_of=bodies_of,
    let_through=let_through,
    promise=promise,
    extend=extra_days,
    tell_extended=_tell_extended,
)


def receipt(archive_folder: str) -> Ports:
    """Return what receipt needs, where what was answered long ago is in an archive."""
    return msgspec.structs.replace(
        RECEIPT, archive_folder=Path(archive_folder) if archive_folder else None
    )


async def cancel_orders(
    tx: Transaction, merchant_id: int, order_ids: Sequence[int], reason: str, fault: Fault,
    now: datetime,
) -> Sequence[Cancelled]:  # fmt: skip
    """Cancel what has not been released to a floor; stock goes back to pool and node."""
    return await cancel(
        tx, merchant_id, order_ids, reason, fault, now,
        release=release_reservation, uncommit=uncommit_stock,
    )  # fmt: skip


async def short(tx: Transaction, lines: Sequence[ShortLine], now: datetime) -> None:
    """Write off what a picker did not find; its orders get another node, or cannot be served."""
    written = await write_off(
        tx,
        [(x.merchant_id, x.node_id, x.sku_id, x.missing, x.fulfilment_order_id) for x in lines],
        now,
    )
    orders = sorted({(x.merchant_id, x.fulfilment_order_id) for x in lines})
    await unallocate(tx, [Subject(*order) for order in orders], now, uncommit=uncommit_stock)
    lost = sorted({(w.merchant_id, w.fulfilment_order_id) for w in written if w.given_up})
    await cancel_parts(
        tx, [Subject(*order) for order in lost], "stock_missing", "seller", now,
        release=release_reservation, uncommit=uncommit_stock,
    )  # fmt: skip


def crosses_border(from_country: str, to_country: str) -> bool:
    """Tell whether goods are declared on the way; the EU is one customs territory."""
    if from_country == to_country:
        return False
    return not jurisdiction(from_country) == jurisdiction(to_country) == "EU"


async def post_freight(tx: Transaction, charges: Sequence[FreightCharge], at: datetime) -> None:
    """Book what carriers charge: the merchant owes it to the carrier."""
    rows = [
        (c.merchant_id, "merchant", f"vendor:{c.vendor}", c.fee_minor, c.currency, "label",
         c.parcel_id)
        for c in charges
    ]  # fmt: skip
    await post(tx, rows, at)


async def post_border_charges(
    tx: Transaction, charges: Sequence[BorderCharge], at: datetime
) -> None:
    """Book what was paid at borders: the merchant owes it, the broker has laid it out."""
    rows = [
        (c.merchant_id, "merchant", f"{kind}:{c.jurisdiction}", amount, c.currency, kind,
         c.parcel_id)
        for c in charges
        for kind, amount in (("duty", c.duty_minor), ("vat", c.vat_minor), ("fees", c.fees_minor))
    ]  # fmt: skip
    await post(tx, rows, at)


async def ship(tx: Transaction, lines: Sequence[ShippedLine], at: datetime) -> None:
    """Take what has left a node out of stock and out of its pool."""
    await ship_stock(
        tx,
        [
            (x.merchant_id, x.node_id, x.sku_id, x.quantity, x.fulfilment_order_id, x.order_id,
             x.line_no)
            for x in lines
        ],
        at,
    )  # fmt: skip


async def never_leaves(tx: Transaction, parcels: Sequence[Subject], now: datetime) -> None:
    """End the orders of parcels that customs refused; what stays in the building is stock again."""
    await ship_complete(tx, parcels, now, ship=ship)
    await conclude(tx, parcels)
    stayed = await never_left(
        tx,
        merchant_ids=[parcel.merchant_id for parcel in parcels],
        parcel_ids=[parcel.subject_id for parcel in parcels],
    )
    if stayed:
        await uncommit_stock(tx, [(x.merchant_id, x.fulfilment_order_id) for x in stayed], now)
        orders = sorted({(x.merchant_id, x.order_id) for x in stayed})
        await withdraw(tx, [Subject(*order) for order in orders], now, release=release_reservation)


LABELS = LabelPorts(post=post_freight, report=report, fx=eur_per_unit)
CLEARANCE = ClearancePorts(post=post_border_charges, refused=never_leaves)
DECLARATIONS = DeclarePorts(rules=shipped(), fx=eur_per_unit, report=report, clearance=CLEARANCE)
SET_BRAKE = partial(set_brake, hold_receipt=day_admission, announce=announce)
RELEASE_BRAKES = partial(release_brakes, announce=announce)
CANCEL_STREAM = partial(cancel_stream, give_back=give_back, announce=announce)
LIMIT_BUYERS = partial(limit_buyers, hold_receipt=day_admission)
_KEPT = dict.fromkeys(("applied", "held", "too_late", "noted"), "recorded")
DEPART = partial(prove_hand_over, ship=ship)
CLEAR = partial(record_clearance, ports=CLEARANCE)


CATCH_UP = partial(catch_up, depart=DEPART)


async def hand_parcels_over(
    tx: Transaction, node_id: int, hand_overs: Sequence[HandOver], now: datetime
) -> Sequence[HandOverAnswer]:
    """Hand parcels over, and hear what their carriers have told of them already."""
    result = await hand_over(tx, node_id, hand_overs, now, ship=ship)
    await CATCH_UP(tx, result.parcels, now)
    return result.answers


async def hear(
    tx: Transaction, vendor: str, events: Sequence[VendorEvent], now: datetime
) -> list[tuple[str, str]]:
    """Hand a vendor's events to the stages they are about; return (event_id, outcome) each.

    What a stage keeps is `recorded`, whether it moves anything now or is held until it may. Codes
    are read by the vendor's vocabulary with what operators have added to it until now.

    Raises:
        NotFound: there is no such vendor.

    """
    vocabulary = await vocabulary_of(tx, vendor=vendor)
    if vocabulary is None:
        raise NotFound(f"there is no vendor {vendor!r}; sign it on first or correct the name")
    words = await words_of(tx, vocabulary)
    by_topic: dict[str, list[VendorEvent]] = {}
    for event in events:
        by_topic.setdefault(event.topic, []).append(event)
    answers: list[tuple[str, str]] = []
    for topic, told in by_topic.items():
        match topic:
            case "parcel":
                heard: Sequence[Heard] = await record_events(
                    tx, vendor, told, now, depart=DEPART, vocabularies=words
                )
            case "declaration":
                heard = await CLEAR(tx, vendor, told, now, vocabularies=words)
            case "return":
                heard = await record_return_events(tx, vendor, told, now, vocabularies=words)
            case _:
                heard = []
                answers += [(event.event_id, "unknown_topic") for event in told]
        answers += [(h.event_id, _KEPT.get(h.outcome, h.outcome)) for h in heard]
    return answers


@cache
def _bands(profile: Profile) -> tuple[ScoreBand, ...]:
    bands = sorted(profile.bands, key=lambda band: band.at)
    return tuple(_said(band.code, float(band.at), band.effect) for band in bands)


def _said(code: str, at: float, effect: Effect | None) -> ScoreBand:
    if effect is None:
        return ScoreBand(code=code, at=at)
    percent, share = effect.volume_percent, effect.return_share_percent
    return ScoreBand(
        code=code,
        at=at,
        volume_percent=None if percent is None else int(percent),
        probation=effect.probation,
        settlement_days=effect.settlement_days,
        return_share=None if share is None else round(share),
        streams=effect.streams,
        days=effect.days,
    )


def _beyond(profile: Profile, detail: str) -> list[ScoreBand]:
    """Return what the limits say that a score is beyond.

    A score that another version of the profile made has other metrics, and is beyond none of ours.
    """
    try:
        scored = msgspec.json.decode(detail, type=Score, strict=False)
    except msgspec.ValidationError:
        return []
    if {metric.code for metric in profile.metrics} - {metric.code for metric in scored.metrics}:
        return []
    return [_said(code, 0.0, effect) for code, effect in limits_broken(profile, scored)]


def score_rules(profile: str, day: date) -> ScoreRules | None:
    """Return what a shipped score profile's bands and limits do to merchants, if it is in force."""
    if profile not in shipped_profiles():
        return None
    chosen = load_profile(profile)
    if not chosen.in_force(day):
        return None
    return ScoreRules(_bands(chosen), partial(_beyond, chosen))


class Difference(msgspec.Struct, frozen=True):
    """Something that two books say differently: where, what, and both numbers."""

    where: str
    what: str
    counter: int
    ledger: int


async def audit(tx: Transaction) -> list[Difference]:
    """Recompute stock and money from their ledgers; return what differs, which is nothing."""
    stock = [
        Difference(
            f"merchant {d.merchant_id}, SKU {d.sku_id}",
            f"{d.account} {d.holder}",
            d.counter,
            d.ledger,
        )
        for d in await audit_stock(tx)
    ]
    return stock + [
        Difference(
            f"merchant {d.merchant_id}, subject {d.subject_id}",
            f"{d.check} ({d.currency}), {d.transfers} transfers",
            d.expected_minor,
            d.found_minor,
        )
        for d in await audit_ledger(tx)
    ]


async def set_up(tx: Transaction) -> None:
    """Write what every installation begins with: standard cartons, and policies."""
    await add_cartons(tx)
    await load_policies(tx)
    await load_shipped_policies(tx)
