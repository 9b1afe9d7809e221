"""The hand-over at the dock: what waits there, and what the carrier takes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import Subject
from penstock.shipping.depart import Ship, prove_hand_over


class HandOver(msgspec.Struct, frozen=True, kw_only=True):
    """What was loaded of a manifest: the parcels that were scanned, or None for all of it."""

    manifest: str
    tracking_numbers: tuple[str, ...] | None = None


class HandOverAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one manifest.

    `complete`: nothing of it waits any more. `partly`: `left` parcels do. `unknown_manifest`: none
    of that name is closed at this node. `strangers` are scanned numbers that are not on it.
    """

    manifest: str
    outcome: Literal["complete", "partly", "unknown_manifest"]
    handed_over: int
    left: int
    strangers: tuple[str, ...] = ()


class HandOverResult(msgspec.Struct, frozen=True):
    """One answer a manifest, and the parcels that left now."""

    answers: tuple[HandOverAnswer, ...]
    parcels: tuple[Subject, ...]


class WaitingManifest(msgspec.Struct, frozen=True):
    """A manifest of which `left` parcels wait at the dock."""

    manifest: str
    vendor: str
    parcels: int
    left: int
    pickup_at: datetime
    closed_at: datetime


class OnManifest(msgspec.Struct, frozen=True):
    """A parcel that was named, by its number or by its manifest."""

    position: int
    merchant_id: int
    parcel_id: int
    tracking_number: str


class Left(msgspec.Struct, frozen=True):
    """How many parcels of a closed manifest still wait."""

    manifest: str
    left: int


@query
async def manifests_waiting(tx: Transaction, *, node_id: int) -> list[WaitingManifest]:
    """List what waits at a node's dock, the earliest pick-up first."""


@query
async def parcels_on(
    tx: Transaction,
    *,
    node_id: int,
    positions: list[int],
    manifests: list[str],
    tracking_numbers: list[str | None],
) -> list[OnManifest]:
    """Find the parcels that are named; a null number names all of the manifest that waits."""


@query
async def manifests_left(tx: Transaction, *, node_id: int, manifests: list[str]) -> list[Left]:
    """Count what still waits of each manifest that is closed at the node."""


async def hand_over(
    tx: Transaction, node_id: int, hand_overs: Sequence[HandOver], now: datetime, *, ship: Ship
) -> HandOverResult:
    """Hand the named parcels over to their carriers; the same again changes nothing.

    A fulfilment order is shipped, and its stock leaves by `ship`, when all its parcels have left.
    """
    wanted: list[tuple[int, str, str | None]] = []
    for position, wish in enumerate(hand_overs):
        numbers = wish.tracking_numbers if wish.tracking_numbers is not None else (None,)
        wanted += [(position, wish.manifest, number) for number in numbers]
    found = await parcels_on(
        tx,
        node_id=node_id,
        positions=[position for position, _, _ in wanted],
        manifests=[manifest for _, manifest, _ in wanted],
        tracking_numbers=[number for _, _, number in wanted],
    )
    proofs = sorted({(row.merchant_id, row.parcel_id, now) for row in found})
    left_now = await prove_hand_over(tx, proofs, now, ship=ship)
    names = sorted({wish.manifest for wish in hand_overs})
    rest = await manifests_left(tx, node_id=node_id, manifests=names)
    left = {row.manifest: row.left for row in rest}
    named: dict[int, list[OnManifest]] = {}
    for row in found:
        named.setdefault(row.position, []).append(row)
    gone = set(left_now)
    answers = tuple(
        _answer(wish, named.get(position, []), gone, left)
        for position, wish in enumerate(hand_overs)
    )
    return HandOverResult(answers, tuple(left_now))


def _answer(
    wish: HandOver, found: Sequence[OnManifest], left_now: set[Subject], left: dict[str, int]
) -> HandOverAnswer:
    if wish.manifest not in left:
        return HandOverAnswer(
            manifest=wish.manifest, outcome="unknown_manifest", handed_over=0, left=0
        )
    known = {row.tracking_number for row in found}
    return HandOverAnswer(
        manifest=wish.manifest,
        outcome="partly" if left[wish.manifest] else "complete",
        handed_over=sum(Subject(row.merchant_id, row.parcel_id) in left_now for row in found),
        left=left[wish.manifest],
        strangers=tuple(number for number in wish.tracking_numbers or () if number not in known),
    )
