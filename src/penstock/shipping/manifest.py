"""Tell carriers what waits for their pick-up: one manifest a carrier, node and pick-up."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Retry, Transaction
from penstock.gateways.effects import ManifestClosed, ManifestRequest
from penstock.gateways.port import Request
from penstock.gateways.reference import reference
from penstock.lifecycle.advance import Subject, move
from penstock.worker.step import Intent, Settled

Report = Callable[
    [Transaction, Sequence[tuple[int, int, str, str, str]], datetime], Awaitable[object]
]
"""Opens exceptions: rows of (merchant_id, parcel_id, reason, fault, detail)."""


class Pickup(msgspec.Struct, frozen=True):
    """Parcels of one carrier that wait at one node; `number` counts this pick-up's manifests."""

    vendor: str
    node_id: int
    node: str
    pickup_at: datetime
    number: int


class Listed(msgspec.Struct, frozen=True):
    """A parcel that was put on a manifest."""

    merchant_id: int
    parcel_id: int
    vendor: str
    manifest: str
    node: str
    tracking_number: str


@query
async def pickups_due(
    tx: Transaction, *, merchant_ids: list[int], parcel_ids: list[int]
) -> list[Pickup]:
    """Group parcels by carrier and node, and number the manifest that each group will get."""


@query
async def open_manifests(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    parcel_ids: list[int],
    manifests: list[str],
    vendors: list[str],
    node_ids: list[int],
    pickup_at: list[datetime],
    numbers: list[int],
    now: datetime,
) -> list[Listed]:
    """Write new manifests and put the parcels on them; one whose number is taken gets none."""


@query
async def close_manifests(
    tx: Transaction,
    *,
    manifests: list[str],
    vendor_references: list[str],
    refused_because: list[str | None],
    now: datetime,
) -> None:
    """Write what carriers answered; the first answer stands."""


async def prepare_manifests(
    tx: Transaction, parcels: Sequence[Subject], now: datetime
) -> list[Intent]:
    """Put labelled `parcels` on a manifest for each carrier and node; they share its reference.

    The reference is carrier, node, pick-up and a number, because more parcels may come up for the
    same pick-up than one batch takes. Parcels that missed a pick-up go with the latest.

    Raises:
        Retry: another worker is writing a manifest for the same pick-up.

    """
    keys = {
        "merchant_ids": [parcel.merchant_id for parcel in parcels],
        "parcel_ids": [parcel.subject_id for parcel in parcels],
    }
    pickups = await pickups_due(tx, **keys)
    listed = await open_manifests(
        tx,
        **keys,
        manifests=[_name(pickup) for pickup in pickups],
        vendors=[pickup.vendor for pickup in pickups],
        node_ids=[pickup.node_id for pickup in pickups],
        pickup_at=[pickup.pickup_at for pickup in pickups],
        numbers=[pickup.number for pickup in pickups],
        now=now,
    )
    requests: dict[str, list[Listed]] = {}
    for row in listed:
        requests.setdefault(row.manifest, []).append(row)
    if len(requests) < len(pickups):
        raise Retry
    return [
        Intent(Subject(row.merchant_id, row.parcel_id), row.vendor, request)
        for rows in requests.values()
        for request in [_request(rows, now)]
        for row in rows
    ]


async def record_manifests(
    tx: Transaction, settled: Sequence[Settled], now: datetime, *, report: Report
) -> None:
    """Close the manifests that carriers took and move their parcels on.

    The parcels of a refused manifest stay labelled, are reported, and go on a new one.
    """
    answers = {s.outcome.reference: s.outcome for s in settled}
    names = sorted(answers)
    done = [name for name in names if answers[name].state == "done"]
    refused = [name for name in names if answers[name].state == "refused"]
    await close_manifests(
        tx,
        manifests=done + refused,
        vendor_references=[_vendor_reference(answers[name].body) for name in done]
        + [""] * len(refused),
        refused_because=[None] * len(done) + [answers[name].detail for name in refused],
        now=now,
    )
    closed = [s.intent.subject for s in settled if s.outcome.state == "done"]
    await move(tx, closed, "manifested", now)
    troubles = [
        (
            s.intent.subject.merchant_id,
            s.intent.subject.subject_id,
            "manifest_refused",
            "carrier",
            s.outcome.detail or "the carrier gave no reason",
        )
        for s in settled
        if s.outcome.state == "refused"
    ]
    if troubles:
        await report(tx, troubles, now)


def _name(pickup: Pickup) -> str:
    cut_off = f"{pickup.pickup_at:%Y%m%dT%H%MZ}"
    return reference(pickup.vendor, pickup.node, cut_off, pickup.number)


def _request(rows: Sequence[Listed], now: datetime) -> Request:
    wanted = ManifestRequest(
        reference=rows[0].manifest,
        node=rows[0].node,
        tracking_numbers=tuple(row.tracking_number for row in rows),
        closed_at=now,
    )
    return Request(wanted.reference, msgspec.json.encode(wanted))


def _vendor_reference(body: bytes) -> str:
    """Read the carrier's own number; the pick-up is booked whether or not it makes sense to us."""
    try:
        told = msgspec.json.decode(body, type=ManifestClosed).vendor_reference
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return told if told.isprintable() else ""
