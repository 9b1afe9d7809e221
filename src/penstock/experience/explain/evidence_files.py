"""Write an evidence pack as files: the document, its tables as CSV, and the files handed in."""

import csv
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from io import BytesIO, StringIO
from typing import Final

from penstock.experience.explain.evidence import Pack

_ENDINGS: Final = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
_DAY_ONE: Final = (1980, 1, 1, 0, 0, 0)
"""The date of every file in an archive: the same pack makes the same bytes."""


def files(pack: Pack) -> dict[str, bytes]:
    """Return the files of a pack by name: `evidence.pdf`, three tables, and what was handed in."""
    from penstock.experience.explain.evidence_pdf import pdf  # slow to load, and seldom wanted

    handed_in = {
        f"photo-{number}.{_ENDINGS[photo.media_type]}": photo.content
        for number, photo in enumerate(pack.photos, 1)
    }
    return {
        "evidence.pdf": pdf(pack),
        "orders.csv": _table(_ORDERS, _orders(pack)),
        "parcels.csv": _table(_PARCELS, _parcels(pack)),
        "events.csv": _table(_EVENTS, _events(pack)),
        **handed_in,
    }


def archive(pack: Pack) -> bytes:
    """Return the files of a pack as one ZIP archive."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files(pack).items():
            packed.writestr(zipfile.ZipInfo(name, _DAY_ONE), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


_ORDERS = (
    "order", "fulfilment_order", "market", "metric", "what", "due_at", "happened_at", "late_s",
    "took_s", "fault", "points",
)  # fmt: skip
_PARCELS = (
    "order", "parcel", "node", "weight_g", "packed_at", "vendor", "service", "tracking_number",
    "label_at", "pickup_agreed_at", "manifest", "manifest_reference", "manifest_closed_at",
    "handed_over_at",
)  # fmt: skip
_EVENTS = (
    "order", "fulfilment_order", "parcel", "at", "source", "what", "place", "detail", "local_time",
    "heard_at",
)  # fmt: skip


def _orders(pack: Pack) -> Iterable[Sequence[object]]:
    for proof in pack.proofs:
        order = proof.loss.clocks
        for loss in proof.loss.losses:
            miss = loss.miss
            yield (
                order.order_ref, order.fulfilment_order_id, order.market, loss.metric, miss.what,
                _iso(miss.due_at), _iso(miss.happened_at), miss.late_s, miss.took_s, miss.fault,
                loss.points,
            )  # fmt: skip


def _parcels(pack: Pack) -> Iterable[Sequence[object]]:
    for proof in pack.proofs:
        for p in proof.parcels:
            yield (
                proof.loss.clocks.order_ref, p.parcel_id, p.node, p.weight_g, _iso(p.packed_at),
                p.vendor, p.service, p.tracking_number, _iso(p.bought_at), _iso(p.pickup_at),
                p.manifest, p.vendor_reference, _iso(p.closed_at), _iso(p.handed_over_at),
            )  # fmt: skip


def _events(pack: Pack) -> Iterable[Sequence[object]]:
    for proof in pack.proofs:
        for h in proof.happenings:
            yield (
                proof.loss.clocks.order_ref, h.fulfilment_order_id, h.parcel_id, _iso(h.at),
                h.source, h.what, h.place, h.detail, h.local_time, _iso(h.received_at),
            )  # fmt: skip


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")  # with its mark a spreadsheet reads it right


def _harmless(cell: object) -> object:
    """Keep a text from being run as a formula by the spreadsheet that opens it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell


def _iso(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
