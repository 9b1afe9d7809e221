"""The map: every step of an order's journey, in order, and what each stage lends another.

Read it from `JOURNEY` at the end: a `Step` moves what is due, a `Call` has an effect outside,
a `Timed` looks at its own time. What people and vendors do comes in through `penstock.api`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

import msgspec

from penstock.access.once import bodies_of
from penstock.allocation.allocate import allocate
from penstock.allocation.count_backlog import count_backlog
from penstock.allocation.unallocate import unallocate
from penstock.customs.clearance import BorderCharge, ClearancePorts
from penstock.customs.declare import DeclarePorts, prepare_declarations, record_declarations
from penstock.customs.record_clearance import record_clearance
from penstock.customs.rulebook import shipped
from penstock.customs.territory import jurisdiction
from penstock.db.outbox import announce
from penstock.db.relay import relay
from penstock.db.transaction import Database, Transaction
from penstock.experience.observe import TELLING, observe
from penstock.gateways.effects import VendorEvent
from penstock.inventory.audit import audit as audit_stock
from penstock.inventory.commit import commit_stock, lock_nodes, uncommit_stock
from penstock.inventory.release import release_reservation
from penstock.inventory.reserve import lock_stock, take_more_stock, take_stock
from penstock.inventory.restock import restock
from penstock.inventory.ring_fence import give_back, ring_fence
from penstock.inventory.ship import ship_stock
from penstock.inventory.write_off import write_off
from penstock.kernel.errors import NotFound
from penstock.kernel.fx import eur_per_unit
from penstock.ledger.audit import audit as audit_ledger
from penstock.ledger.post import post
from penstock.lifecycle.advance import Subject
from penstock.lifecycle.open_months import open_ahead
from penstock.merchants.admit import count_orders, day_admission
from penstock.merchants.growth.grow import grow
from penstock.merchants.growth.load_policies import load_shipped_policies
from penstock.merchants.growth.merge_windows import merge_windows
from penstock.orders.archive import archive_daily
from penstock.orders.archive_file import arrow
from penstock.orders.cancel import Cancelled, Fault, cancel, cancel_parts
from penstock.orders.expire import expire
from penstock.orders.fill_backorders import fill_backorders
from penstock.orders.item import Dated
from penstock.orders.merge import merge
from penstock.orders.receive import Ports
from penstock.orders.release_hold import release_hold
from penstock.orders.withdraw import withdraw
from penstock.planning.detect_surges import detect_surges
from penstock.planning.forecast import forecast
from penstock.planning.surging import surging
from penstock.promise.handling import promised
from penstock.promise.revise import BATCH as REVISED_AT_ONCE
from penstock.promise.revise import revise
from penstock.returns.announce import prepare_announcements, record_announcements
from penstock.returns.approve import approve
from penstock.returns.lapse import BATCH as LAPSED_AT_ONCE
from penstock.returns.lapse import lapse
from penstock.returns.load_policies import load_policies
from penstock.returns.record_events import record_events as record_return_events
from penstock.returns.settle import settle
from penstock.shipping.buy_label import (
    FreightCharge,
    LabelPorts,
    prepare_labels,
    record_labels,
)
from penstock.shipping.depart import ShippedLine, prove_hand_over, ship_complete
from penstock.shipping.hand_over import HandOver, HandOverAnswer, hand_over
from penstock.shipping.manifest import prepare_manifests, record_manifests
from penstock.shipping.never_left import never_left
from penstock.streams.admit_tickets import admit_tickets
from penstock.streams.brake_rules import brake_by_rule
from penstock.streams.buyer_limit import limit_buyers
from penstock.streams.cancel import cancel_stream
from penstock.streams.count_minutes import count_minutes
from penstock.streams.demand import expected_demand
from penstock.streams.report import close_out, settle_reports
from penstock.streams.set_brake import release_brakes, set_brake
from penstock.streams.turn import turn
from penstock.streams.watch import watch
from penstock.tracking.catch_up import catch_up, conclude
from penstock.tracking.escalate import escalate, report
from penstock.tracking.record_events import record_events
from penstock.vendors.scorecard import scorecard
from penstock.vendors.vocabulary import vocabulary_of, words_of
from penstock.warehouse.add_cartons import add_cartons
from penstock.warehouse.confirm_pick import ShortLine
from penstock.warehouse.release import release
from penstock.worker.demand import Expected, Signal, read_signal
from penstock.worker.step import Call, Due, Every, Step, Timed, Work


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
_RELAYED_AT_ONCE = 20_000


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


RECEIPT = Ports(
    admission=day_admission,
    count=count_orders,
    lock_stock=lock_stock,
    take_stock=take_stock,
    bodies_of=bodies_of,
    promise=promise,
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


async def pass_on(tx: Transaction, now: datetime) -> int:  # noqa: ARG001  a Timed step is given the time
    """Take what happened out of the outbox and fold it into the merchants' experience."""
    happened = await relay(tx, batch=_RELAYED_AT_ONCE)
    touched = sorted({(h.merchant_id, h.subject_id) for h in happened if h.topic in TELLING})
    if touched:
        await observe(tx, merchant_ids=[m for m, _ in touched], subject_ids=[s for _, s in touched])
    return len(happened)


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


def _minutes(minutes: float) -> Every:
    return Every(timedelta(minutes=minutes))


JOURNEY: tuple[Work, ...] = (
    Timed("open_months", _minutes(24 * 60), open_ahead),
    Timed("turn_streams", _minutes(1), partial(turn, give_back=give_back)),
    Timed("count_streams", _minutes(1), count_minutes),
    Timed("report_streams", _minutes(1), close_out),
    Timed("watch_streams", _minutes(5), watch),
    Timed("brake_by_rule", _minutes(1),
          partial(brake_by_rule, hold_receipt=day_admission, announce=announce)),
    Timed("admit_tickets", _minutes(1 / 12), admit_tickets),
    Timed("settle_streams", _minutes(24 * 60), settle_reports),
    Timed("merge", _minutes(5), partial(merge, windows=merge_windows)),
    Step("expire", Due("fulfilment_order", "reserved"),
         partial(expire, release=release_reservation), batch=2_000),
    Step("release_hold", Due("fulfilment_order", "held"), release_hold, batch=2_000),
    Step("fill_backorders", Due("fulfilment_order", "backordered"),
         partial(fill_backorders, lock_stock=lock_stock, take_stock=take_more_stock,
                 ring_fence=ring_fence)),
    Timed("detect_surges", _minutes(1), partial(detect_surges, announce=announce)),
    Timed("count_backlog", _minutes(5), count_backlog),
    Step("allocate", Due("fulfilment_order", "open"),
         partial(allocate, lock=lock_nodes, commit=commit_stock), batch=1_000),
    Timed("release", _minutes(5), release),
    Call("declare", Due("parcel", "awaiting_declaration"), "declarations",
         partial(prepare_declarations, ports=DECLARATIONS),
         partial(record_declarations, ports=DECLARATIONS)),
    Call("buy_label", Due("parcel", "awaiting_label"), "labels",
         partial(prepare_labels, ports=LABELS), partial(record_labels, ports=LABELS), batch=500),
    Call("close_manifest", Due("parcel", "labelled"), "manifests",
         prepare_manifests,
         partial(record_manifests, report=report, catch_up=CATCH_UP), batch=2_000),
    Step("approve_return", Due("return", "requested"), approve),
    Call("announce_return", Due("return", "approved"), "returns",
         partial(prepare_announcements, report=report),
         partial(record_announcements, report=report)),
    Step("settle_return", Due("return", "graded"), partial(settle, restock=restock, post=post)),
    Timed("lapse_returns", _minutes(60), lapse, batch=LAPSED_AT_ONCE),
    Timed("revise_promises", _minutes(60), partial(revise, announce=announce),
          batch=REVISED_AT_ONCE),
    Timed("escalate", _minutes(15), escalate, batch=1_000),
    Timed("pass_on", _minutes(1), pass_on, batch=_RELAYED_AT_ONCE),
    Timed("scorecard", _minutes(24 * 60), scorecard),
    Timed("forecast", _minutes(24 * 60), forecast),
    Timed("grow", _minutes(24 * 60), grow),
)  # fmt: skip

WORKED = tuple(
    (work.when.kind, work.when.status) for work in JOURNEY if isinstance(work, Step | Call)
)
"""The queues that more workers can shorten: what waits for a time of day or a cut-off is not."""


def archiving(database: Database, folder: str, keep_months: int) -> tuple[Work, ...]:
    """Return the step that archives finished months, where a folder is set for them.

    Raises:
        Misconfigured: one is set, and pyarrow is not installed.

    """
    if not folder:
        return ()
    arrow()
    do = partial(archive_daily, database, Path(folder), keep_months)
    return (Timed("archive", _minutes(24 * 60), do),)


async def expected_orders(tx: Transaction, now: datetime, lead: timedelta) -> list[Expected]:
    """Return what streams are to bring within the lead, and what surges bring beyond that."""
    return [*await expected_demand(tx, now, lead), *await surging(tx, now=now)]


async def scale_signal(tx: Transaction, now: datetime, lead: timedelta) -> Signal:
    """Read what the number of workers and API processes is reckoned by."""
    return await read_signal(tx, now, lead, worked=WORKED, expect=expected_orders)
