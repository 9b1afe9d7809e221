"""Tell carriers what waits for their pick-up: one manifest a carrier, node and pick-up."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from itertools import groupby

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Retry, Transaction
from penstock.gateways.effects import ManifestClosed, ManifestRequest
from penstock.gateways.intent import Intent, Settled
from penstock.gateways.port import Outcome, Request
from penstock.gateways.reference import reference
from penstock.lifecycle.advance import Subject, move

CatchUp = Callable[[Transaction, Sequence[Subject], datetime], Awaitable[object]]
"""Moves parcels to where their carriers' events say they are."""
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
    """A parcel on a manifest."""

    manifest: str
    merchant_id: int
    parcel_id: int
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


@query
async def parcels_listed(tx: Transaction, *, manifests: list[str]) -> list[Listed]:
    """List the parcels that wait on manifests for their carrier's answer."""


async def prepare_manifests(
    tx: Transaction, parcels: Sequence[Subject], now: datetime
) -> list[Intent]:
    """Put labelled `parcels` on a manifest for each carrier and node.

    A manifest is one effect, so it has one intent, in the name of its first parcel; the others
    wait for its outcome (they are left out, here and while it is open). The reference is carrier,
    node, pick-up and a number, because more parcels may come up for a pick-up than one batch
    takes. Parcels that missed a pick-up go with the latest.

    Raises:
        Retry: another worker is writing a manifest for the same pick-up.

    """
    keys = {
        "merchant_ids": [parcel.merchant_id for parcel in parcels],
        "parcel_ids": [parcel.subject_id for parcel in parcels],
    }
    pickups = {_name(pickup): pickup for pickup in await pickups_due(tx, **keys)}
    rows = await open_manifests(
        tx,
        **keys,
        manifests=list(pickups),
        vendors=[pickup.vendor for pickup in pickups.values()],
        node_ids=[pickup.node_id for pickup in pickups.values()],
        pickup_at=[pickup.pickup_at for pickup in pickups.values()],
        numbers=[pickup.number for pickup in pickups.values()],
        now=now,
    )
    listed = {name: list(group) for name, group in groupby(rows, lambda row: row.manifest)}
    if len(listed) < len(pickups):
        raise Retry
    return [_intent(pickups[name], name, group, now) for name, group in listed.items()]


async def record_manifests(
    tx: Transaction,
    settled: Sequence[Settled],
    now: datetime,
    *,
    report: Report,
    catch_up: CatchUp | None = None,
) -> None:
    """Close the manifests that carriers took, and move all parcels on them on.

    The parcels of a refused manifest stay labelled, are reported, and go on a new one. Those that
    moved go to `catch_up`, for a carrier may have told of them already.
    """
    outcomes = {s.intent.request.reference: s.outcome for s in settled}
    names = sorted(outcomes)
    listed = await parcels_listed(tx, manifests=names)
    await close_manifests(
        tx,
        manifests=names,
        vendor_references=[_vendor_reference(outcomes[name].body) for name in names],
        refused_because=[_refusal(outcomes[name]) for name in names],
        now=now,
    )
    closed = [
        Subject(row.merchant_id, row.parcel_id)
        for row in listed
        if outcomes[row.manifest].state == "done"
    ]
    await move(tx, closed, "manifested", now)
    if catch_up is not None:
        await catch_up(tx, closed, now)
    troubles = [
        (row.merchant_id, row.parcel_id, "manifest_refused", "carrier", because)
        for row in listed
        if (because := _refusal(outcomes[row.manifest])) is not None
    ]
    if troubles:
        await report(tx, troubles, now)


def _name(pickup: Pickup) -> str:
    cut_off = f"{pickup.pickup_at:%Y%m%dT%H%MZ}"
    return reference(pickup.vendor, pickup.node, cut_off, pickup.number)


def _intent(pickup: Pickup, name: str, listed: Sequence[Listed], now: datetime) -> Intent:
    wanted = ManifestRequest(
        reference=name,
        node=pickup.node,
        tracking_numbers=tuple(row.tracking_number for row in listed),
        closed_at=now,
    )
    first = Subject(listed[0].merchant_id, listed[0].parcel_id)
    return Intent(first, pickup.vendor, Request(name, msgspec.json.encode(wanted)))


def _refusal(outcome: Outcome) -> str | None:
    if outcome.state != "refused":
        return None
    return outcome.detail or "the carrier gave no reason"


def _vendor_reference(body: bytes) -> str:
    """Read the carrier's own number; the pick-up is booked whether or not it makes sense to us."""
    try:
        told = msgspec.json.decode(body, type=ManifestClosed).vendor_reference
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return told if told.isprintable() else ""
