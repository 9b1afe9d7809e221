"""The journey's stages in their order, each with what it did in numbers."""

from collections.abc import Sequence

import msgspec

from penstock.lifecycle.states import Kind
from penstock.simulation.amounts import money_text
from penstock.simulation.evening_flows import Flows
from penstock.simulation.evening_rows import FloorCounts, Money


class Part(msgspec.Struct, frozen=True):
    """A number within a stage; `trouble` marks what should have been zero."""

    title: str
    number: int
    trouble: bool = False


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A stage: how many of what passed it, the parts worth telling, and money where it cost."""

    title: str
    sub_process: str
    number: int
    unit: str
    parts: tuple[Part, ...] = ()
    money: str = ""


def stages(
    accepted: int, refused: int, flows: Flows, floor: FloorCounts, money: Sequence[Money]
) -> tuple[Stage, ...]:
    """Return the stages from receipt to the closed return."""
    return (
        *_order_receipt(accepted, refused, flows, floor),
        *_pick_and_pack(flows, floor),
        *_ship_and_transport(flows, floor, money),
        *_order_delivery(flows),
        *_returns(flows, money),
    )


def _stage(
    sub_process: str, title: str, number: int, unit: str, *parts: Part, money: str = ""
) -> Stage:
    return Stage(
        title=title,
        sub_process=sub_process,
        number=number,
        unit=unit,
        parts=tuple(part for part in parts if part.number),
        money=money,
    )


def _order_receipt(
    accepted: int, refused: int, flows: Flows, floor: FloorCounts
) -> tuple[Stage, ...]:
    held = flows.count("fulfilment_order", "received_on_hold")
    return (
        _stage(
            "order_receipt", "received", accepted + refused, "orders",
            Part("accepted", accepted), Part("refused", refused),
        ),
        _stage(
            "order_receipt", "held", held, "orders",
            Part("went on", flows.count("fulfilment_order", "hold_expired")),
            Part("backordered besides", flows.count("fulfilment_order", "received_short")),
        ),
        _stage(
            "order_receipt", "cancelled", floor.cancelled, "fulfilment orders",
            Part("by buyers", floor.cancelled_by_buyer),
            Part("by sellers", floor.cancelled_by_seller, trouble=True),
            Part("by others", floor.cancelled_by_others, trouble=True),
        ),
    )  # fmt: skip


def _pick_and_pack(flows: Flows, floor: FloorCounts) -> tuple[Stage, ...]:
    order: Kind = "fulfilment_order"
    again = flows.count(order, "short_picked", "rejected")
    released = flows.count(order, "released")
    return (
        _stage(
            "pick_and_pack", "allocated", flows.count(order, "allocated"), "fulfilment orders",
            Part("split off", flows.count(order, "split_off")),
            Part("sent back for another node", again, trouble=True),
        ),
        _stage(
            "pick_and_pack", "released", released, "fulfilment orders",
            Part("batches", floor.batches), Part("of one SKU", floor.batches_single_sku),
        ),
        _stage(
            "pick_and_pack", "picked", floor.picked_units, "units",
            Part("order lines", floor.pick_lines),
            Part("short picks", floor.short_lines, trouble=True),
        ),
        _stage(
            "pick_and_pack", "packed", floor.parcels, "parcels",
            Part("kg", round(floor.parcels_g / 1000)),
        ),
    )  # fmt: skip


def _ship_and_transport(
    flows: Flows, floor: FloorCounts, money: Sequence[Money]
) -> tuple[Stage, ...]:
    scanned = flows.count("parcel", "scanned")
    return (
        _stage(
            "ship_and_transport", "declared", floor.declared, "parcels",
            Part("cleared", floor.cleared), Part("held", floor.held, trouble=True),
            Part("turned back", floor.border_refused, trouble=True),
            money=money_text(money, "duty", "vat", "customs fees"),
        ),
        _stage(
            "ship_and_transport", "labelled", floor.labels, "parcels",
            Part("labels voided", flows.count("parcel", "label_voided"), trouble=True),
            money=money_text(money, "freight"),
        ),
        _stage(
            "ship_and_transport", "manifested", floor.manifested, "parcels",
            Part("manifests", floor.manifests),
        ),
        _stage(
            "ship_and_transport", "handed over", floor.handed_over, "parcels",
            Part("scanned by the carrier", scanned), Part("events told", floor.tracking_events),
        ),
    )  # fmt: skip


def _order_delivery(flows: Flows) -> tuple[Stage, ...]:
    waiting = {queue.title: queue.waiting[-1] for queue in flows.queues}
    return (
        _stage(
            "order_delivery", "delivered", flows.count("parcel", "delivered"), "parcels",
            Part("still on the way", waiting["on the road"] + waiting["at the door"]),
            Part("attempts failed", flows.count("parcel", "attempt_failed"), trouble=True),
            Part("lost", flows.count("parcel", "lost"), trouble=True),
        ),
    )  # fmt: skip


def _returns(flows: Flows, money: Sequence[Money]) -> tuple[Stage, ...]:
    requested = flows.count("return", "requested")
    received = flows.count("return", "received")
    ended = flows.count("return", "received", "rejected", "lapsed")
    return (
        _stage(
            "returns", "returns asked for", requested, "returns",
            Part("not approved", flows.count("return", "rejected")),
            Part("lapsed", flows.count("return", "lapsed")),
            Part("not back yet", requested - ended),
        ),
        _stage(
            "returns", "returned", received, "returns",
            Part("settled", flows.count("return", "settled")),
            money=money_text(money, "refund"),
        ),
    )  # fmt: skip
