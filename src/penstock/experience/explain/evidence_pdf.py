"""Lay out an evidence pack as a document to hand in; the same pack makes the same bytes."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import chain, groupby
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Spacer

from penstock.experience.explain import wording
from penstock.experience.explain.evidence import Pack, Photo, Proof
from penstock.experience.explain.evidence_layout import (
    BODY,
    H2,
    HEAD,
    SMALL,
    TITLE,
    document,
    picture,
    table,
    text,
)

_at = wording.at


def pdf(pack: Pack) -> bytes:
    """Return the pack as a PDF on A4: what is claimed, how the points were lost, order by order."""
    parts = chain(_front(pack), _losses(pack), _orders(pack), _photos(pack.photos))
    return document(parts, f"Evidence, {pack.merchant}")


def _front(pack: Pack) -> Iterable[Flowable]:
    told, profile = pack.explained, pack.profile
    score = told.score
    yield text("Evidence for an appeal", TITLE)
    rows = [
        ("merchant", pack.merchant),
        ("score", f"{profile.title}, version {profile.version}"),
        ("seen from", f"{_at(told.as_of)} UTC, {score.status}"),
        ("result", _result(score.points, told.high, told.lost)),
        ("orders in this pack", f"{len(pack.proofs):,} of {told.matching:,}"),
        ("made", f"{_at(pack.made_at)} UTC"),
    ]
    if pack.claim is not None:
        rows.append(("appeal", f"{pack.claim.appeal_id}, filed {_at(pack.claim.filed_at)} UTC"))
        rows.append(("reason", pack.claim.scenario.replace("_", " ")))
        rows.append(("statement", pack.claim.statement))
    yield Spacer(0, 4)
    yield table(None, rows, (34, 140))


def _result(points: Decimal | None, high: Decimal, lost: Decimal) -> str:
    return "no score" if points is None else f"{points} of {high}, {lost} lost"


def _losses(pack: Pack) -> Iterable[Flowable]:
    metrics = {metric.code: metric for metric in pack.profile.metrics}
    mine: dict[str, Decimal] = {}
    for proof in pack.proofs:
        for loss in proof.loss.losses:
            mine[loss.metric] = mine.get(loss.metric, Decimal(0)) + loss.points
    rows = [
        (
            scored.code,
            scored.title,
            wording.counted(metrics[scored.code], scored),
            wording.reckoned(scored, pack.explained.high),
            f"{mine[scored.code]:.4f}" if scored.code in mine else "",
        )
        for scored in pack.explained.score.metrics
        if scored.points_lost or scored.code in mine
    ]
    rows += [
        (part.code, part.title, part.because, f"{part.points}", "")
        for part in pack.explained.unshared
        if part.because == "adjustment"
    ]
    yield text("How the points were lost", H2)
    if not rows:
        yield text("No points were lost.", BODY)
        return
    yield table(
        ("metric", "what it measures", "counted", "points lost", "by these orders"),
        rows,
        (30, 54, 34, 36, 20),
    )
    said = "What a metric lost is shared among the orders that failed it, in proportion to how far"
    yield text(f"{said} each fell short.", SMALL)


def _orders(pack: Pack) -> Iterable[Flowable]:
    yield text("The orders", H2)
    if not pack.proofs:
        yield text("No order failed a metric.", BODY)
    else:
        rows = [
            (
                proof.loss.clocks.order_ref,
                "; ".join(wording.told(loss.miss) for loss in proof.loss.losses)
                or "counts nowhere",
                _fault(proof),
                f"{proof.loss.points:.4f}",
            )
            for proof in pack.proofs
        ]
        yield table(("order", "what was missed", "fault", "points"), rows, (34, 96, 24, 20))
    for proof in pack.proofs:
        yield CondPageBreak(45 * mm)
        yield from _one(proof)


def _fault(proof: Proof) -> str:
    faults = sorted({loss.miss.fault for loss in proof.loss.losses if loss.miss.fault})
    return ", ".join(faults) or "none recorded"


def _one(proof: Proof) -> Iterable[Flowable]:
    order = proof.loss.clocks
    about = _joined(
        f"fulfilment order {order.fulfilment_order_id}",
        f"to {order.market or 'an unknown market'}",
        f"by {order.channel}" if order.channel else "",
        f"history of {order.source}" if order.source != "live" else "",
    )
    head = [
        text(f"Order {order.order_ref}", H2),
        text(about, SMALL),
        table(None, list(_clocks(proof)), (34, 140)),
    ]
    yield KeepTogether(head)
    for parcel in proof.parcels:
        label = (parcel.vendor, parcel.service, parcel.tracking_number, _at(parcel.bought_at))
        closed = f"closed {_at(parcel.closed_at)}" if parcel.closed_at else ""
        rows = [
            ("packed", f"{_at(parcel.packed_at)} at {parcel.node}, {parcel.weight_g:,} g"),
            ("label", _joined(*label)),
            ("pick-up agreed", _at(parcel.pickup_at)),
            ("manifest", _joined(parcel.manifest, parcel.vendor_reference, closed)),
            ("handed over", _at(parcel.handed_over_at)),
        ]
        shown = [row for row in rows if row[1]]
        yield text(f"Parcel {parcel.parcel_no} ({parcel.parcel_id})", HEAD)
        yield table(None, shown, (34, 140))
    if proof.happenings:
        yield CondPageBreak(25 * mm)
        yield text("What was recorded", HEAD)
        yield table(("time", "told by", "what", "place and detail"), list(_timeline(proof)),
                     (40, 32, 36, 66))  # fmt: skip
    else:
        said = "Step by step nothing is kept here: an imported history, or a month in the archive."
        yield text(said, SMALL)


def _clocks(proof: Proof) -> Iterable[tuple[str, str]]:
    order = proof.loss.clocks
    for what, moment in (
        ("ordered", order.ordered_at),
        ("paid", order.paid_at),
        ("hand over by", order.dispatch_by_at),
        ("handed over", order.dispatched_at),
        ("first carrier scan", order.scanned_at),
        ("carrier's own promise", order.transit_by_at),
        ("deliver by", order.deliver_by_at),
        ("delivered", order.delivered_at),
        ("cancelled", order.cancelled_at),
        ("lost", order.lost_at),
        ("returned", order.returned_at),
    ):
        if moment is not None:
            yield what, _at(moment)
    for loss in proof.loss.losses:
        whose = f"; fault: {loss.miss.fault}" if loss.miss.fault else ""
        yield loss.metric, f"{wording.told(loss.miss)}; {loss.points:.6f} points{whose}"


def _timeline(proof: Proof) -> Iterable[tuple[str, str, str, str]]:
    """Merge what is the same second of the same source into one row."""

    def second(h: Any) -> Any:
        return h.at.replace(microsecond=0), h.source

    for (moment, source), same in groupby(proof.happenings, key=second):
        some = list(same)
        what = ", ".join(dict.fromkeys(h.what.replace("_", " ") for h in some))
        detail = "; ".join(dict.fromkeys(filter(None, (_joined(h.place, h.detail) for h in some))))
        local = next((h.local_time for h in some if h.local_time), "").removesuffix("+00:00")
        clock = f"{moment:%Y-%m-%d %H:%M:%S}"
        if local.replace("T", " ") not in {"", clock}:
            clock += f"\n(local {local.replace('T', ' ')})"
        yield clock, source, what, detail


def _photos(photos: Sequence[Photo]) -> Iterable[Flowable]:
    if not photos:
        return
    yield text("Handed in with the appeal", H2)
    for photo in photos:
        caption = text(f"{photo.title} ({photo.media_type}, SHA-256 {photo.sha256})", SMALL)
        shown = picture(photo.content) if photo.media_type.startswith("image/") else None
        yield KeepTogether([shown, caption]) if shown else caption


def _joined(*words: str | None) -> str:
    return ", ".join(word for word in words if word)
