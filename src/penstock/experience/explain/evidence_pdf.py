"""Lay out an evidence pack as a document to hand in; the same pack makes the same bytes."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import escape
from io import BytesIO
from itertools import groupby
from typing import Any, Final

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    Image,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from penstock.experience.explain import wording
from penstock.experience.explain.evidence import Pack, Photo, Proof

_WIDTH: Final = A4[0] - 36 * mm
_INK, _GREY, _RULE = (
    colors.HexColor("#1a1a1a"),
    colors.HexColor("#5f6368"),
    colors.HexColor("#c8ccd0"),
)
_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=9, leading=12, textColor=_INK)
_CELL = ParagraphStyle("cell", parent=_BODY, fontSize=8, leading=10)
_HEAD = ParagraphStyle("head", parent=_CELL, fontName="Helvetica-Bold")
_SMALL = ParagraphStyle("small", parent=_BODY, fontSize=7.5, leading=10, textColor=_GREY)
_TITLE = ParagraphStyle("title", parent=_BODY, fontName="Helvetica-Bold", fontSize=16, leading=20)
_H2 = ParagraphStyle(
    "h2",
    parent=_BODY,
    fontName="Helvetica-Bold",
    fontSize=11,
    leading=14,
    spaceBefore=8,
    spaceAfter=3,
)
_at = wording.at
_CJK: Final = "STSong-Light"
_LINES = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, _RULE),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
)
_GRID = TableStyle([("LINEBELOW", (0, 0), (-1, 0), 0.8, _INK)], parent=_LINES)


def pdf(pack: Pack) -> bytes:
    """Return the pack as a PDF on A4: what is claimed, how the points were lost, order by order."""
    pdfmetrics.registerFont(UnicodeCIDFont(_CJK))
    out = BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=16 * mm,
        bottomMargin=18 * mm,
        title=f"Evidence, {pack.merchant}",
        author="Penstock",
        invariant=1,  # no time of making and no random id in the file itself
    )
    parts = [*_front(pack), *_losses(pack), *_orders(pack), *_photos(pack.photos)]
    document.build(parts, canvasmaker=_Numbered)
    return out.getvalue()


class _Numbered(Canvas):  # type: ignore[misc]  # the library has no types
    """A canvas that writes "page n of m", which is known once all pages are there."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._kept: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802  the library's name
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self._kept, 1):
            self.__dict__.update(page)
            self.setFont("Helvetica", 7.5)
            self.setFillColor(_GREY)
            self.drawString(
                18 * mm, 10 * mm, "All times in UTC. Made by Penstock from its records."
            )
            self.drawRightString(A4[0] - 20 * mm, 10 * mm, f"page {number} of {len(self._kept)}")
            super().showPage()
        super().save()


def _front(pack: Pack) -> Iterable[Flowable]:
    told, profile = pack.explained, pack.profile
    score = told.score
    yield _text("Evidence for an appeal", _TITLE)
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
    yield _table(None, rows, (34, 140))


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
    yield _text("How the points were lost", _H2)
    if not rows:
        yield _text("No points were lost.", _BODY)
        return
    yield _table(
        ("metric", "what it measures", "counted", "points lost", "by these orders"),
        rows,
        (30, 54, 34, 36, 20),
    )
    said = "What a metric lost is shared among the orders that failed it, in proportion to how far"
    yield _text(f"{said} each fell short.", _SMALL)


def _orders(pack: Pack) -> Iterable[Flowable]:
    yield _text("The orders", _H2)
    if not pack.proofs:
        yield _text("No order failed a metric.", _BODY)
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
        yield _table(("order", "what was missed", "fault", "points"), rows, (34, 96, 24, 20))
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
        _text(f"Order {order.order_ref}", _H2),
        _text(about, _SMALL),
        _table(None, list(_clocks(proof)), (34, 140)),
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
        yield _text(f"Parcel {parcel.parcel_no} ({parcel.parcel_id})", _HEAD)
        yield _table(None, shown, (34, 140))
    if proof.happenings:
        yield CondPageBreak(25 * mm)
        yield _text("What was recorded", _HEAD)
        yield _table(("time", "told by", "what", "place and detail"), list(_timeline(proof)),
                     (40, 32, 36, 66))  # fmt: skip
    else:
        said = "Step by step nothing is kept here: an imported history, or a month in the archive."
        yield _text(said, _SMALL)


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
    yield _text("Handed in with the appeal", _H2)
    for photo in photos:
        caption = _text(f"{photo.title} ({photo.media_type}, SHA-256 {photo.sha256})", _SMALL)
        picture = _picture(photo)
        yield KeepTogether([picture, caption]) if picture else caption


def _picture(photo: Photo) -> Flowable | None:
    """Fit a photograph into half a page; one that cannot be read stays a line with its digest."""
    if not photo.media_type.startswith("image/"):
        return None
    try:
        image = Image(BytesIO(photo.content))
    except Exception:  # noqa: BLE001  whatever a broken picture makes its decoder raise
        return None
    scale = min(_WIDTH / image.imageWidth, 110 * mm / image.imageHeight, 1)
    image.drawWidth, image.drawHeight = image.imageWidth * scale, image.imageHeight * scale
    image.hAlign = "LEFT"
    return image


def _joined(*words: str | None) -> str:
    return ", ".join(word for word in words if word)


def _table(
    head: Sequence[str] | None, rows: Sequence[Sequence[str]], widths_mm: Sequence[float]
) -> Table:
    body = [[_text(cell, _CELL) for cell in row] for row in rows]
    if head is None:
        for row in body:
            row[0].style = _SMALL
        return Table(body, [w * mm for w in widths_mm], style=_LINES, hAlign="LEFT", spaceAfter=4)
    cells = [[_text(cell, _HEAD) for cell in head], *body]
    return Table(cells, [w * mm for w in widths_mm], style=_GRID, repeatRows=1, hAlign="LEFT",
                 spaceAfter=4)  # fmt: skip


def _text(text: str, style: ParagraphStyle) -> Paragraph:
    """Set a text in the document's own face; Chinese and Japanese runs in one that has them."""
    if _latin(text):
        return Paragraph(escape(text).replace("\n", "<br/>"), style)
    runs = groupby(text, key=lambda letter: not _latin(letter))
    marked = "".join(
        f'<font name="{_CJK}">{escape(part)}</font>' if wide else escape(part)
        for wide, part in ((wide, "".join(letters)) for wide, letters in runs)
    )
    return Paragraph(marked.replace("\n", "<br/>"), style)


def _latin(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
