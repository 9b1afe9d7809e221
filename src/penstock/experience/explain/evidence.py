"""Gather what proves or disproves that orders were served badly: one pack for an appeal."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.explain.explain import Explained, OrderLoss, Wanted, explain
from penstock.experience.profiles.profile import Profile
from penstock.experience.scores.points import Count
from penstock.kernel.errors import FieldError, Invalid, NotFound

PACK_MAX = 200
"""More orders than anybody reads; another pack takes the next ones."""


class ParcelSent(msgspec.Struct, frozen=True):
    """A parcel: its label, the pick-up that was agreed, the manifest and the hand-over."""

    fulfilment_order_id: int
    parcel_id: int
    parcel_no: int
    weight_g: int
    packed_at: datetime
    node: str | None
    vendor: str | None
    service: str | None
    tracking_number: str | None
    bought_at: datetime | None
    pickup_at: datetime | None
    manifest: str | None
    vendor_reference: str | None
    closed_at: datetime | None
    handed_over_at: datetime | None


class Happening(msgspec.Struct, frozen=True):
    """Something that was recorded: when it happened, who said so, and when it was heard.

    `local_time` is as the vendor wrote it, empty for our own records.
    """

    fulfilment_order_id: int
    parcel_id: int | None
    at: datetime
    source: str
    what: str
    place: str
    detail: str
    local_time: str
    received_at: datetime


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """One order of a pack: what it cost and why, its parcels, and all that was recorded of it."""

    loss: OrderLoss
    parcels: tuple[ParcelSent, ...]
    happenings: tuple[Happening, ...]


class Photo(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was handed in with an appeal."""

    title: str
    media_type: str
    sha256: str
    content: bytes


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant says: the appeal's number, its reason and its words."""

    appeal_id: int
    scenario: str
    statement: str
    filed_at: datetime


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """All that a pack tells; `made_at` is when, and `explained` the score that it is about."""

    merchant: str
    profile: Profile
    made_at: datetime
    explained: Explained
    proofs: tuple[Proof, ...]
    claim: Claim | None = None
    photos: tuple[Photo, ...] = ()


@query
async def called(tx: Transaction, *, merchant: int) -> str | None:
    """Return the code that a merchant is called by."""


@query
async def parcels_sent(
    tx: Transaction, *, merchant: int, fulfilment_orders: list[int]
) -> list[ParcelSent]:
    """Return the parcels of orders, with label, manifest and hand-over."""


@query
async def happenings(
    tx: Transaction, *, merchant: int, fulfilment_orders: list[int], as_of: datetime
) -> list[Happening]:
    """Return what was recorded of orders by `as_of`, in the order in which it happened."""


async def gather(
    tx: Transaction,
    profile: Profile,
    *,
    merchant: int,
    as_of: datetime,
    now: datetime,
    wanted: Wanted | None = None,
    only: Sequence[int] | None = None,
    claim: Claim | None = None,
    photos: Sequence[Photo] = (),
    supplied: Mapping[str, Count] | None = None,
) -> Pack:
    """Gather a pack of the orders that cost most, or of `only` those (fulfilment orders).

    An order of an archived month keeps its clocks, but what was recorded of it step by step lies
    in the archive. It is run as the operator: a manifest holds parcels of several merchants.

    Raises:
        NotFound: the merchant had no order by then.
        Invalid: a page outside its bounds, or too many orders for a pack.

    """
    wanted = wanted or Wanted(limit=20)
    if not 1 <= wanted.limit <= PACK_MAX:
        detail = f"a pack has 1 to {PACK_MAX} orders: make several for more"
        raise Invalid(detail, errors=(FieldError("/limit", "out_of_range", detail),))
    code = await called(tx, merchant=merchant) or str(merchant)
    told = await explain(
        tx,
        profile,
        merchant=merchant,
        as_of=as_of,
        known_to=now,
        wanted=wanted,
        only=only,
        supplied=supplied,
    )
    if told is None:
        raise NotFound(f"{code} had no order by {as_of:%Y-%m-%d %H:%M} UTC: there is no score")
    ids = [order.clocks.fulfilment_order_id for order in told.orders]
    parcels = await parcels_sent(tx, merchant=merchant, fulfilment_orders=ids)
    events = await happenings(tx, merchant=merchant, fulfilment_orders=ids, as_of=as_of)
    return Pack(
        merchant=code,
        profile=profile,
        made_at=now,
        explained=told,
        proofs=tuple(
            Proof(
                loss=loss,
                parcels=tuple(p for p in parcels if p.fulfilment_order_id == order),
                happenings=tuple(h for h in events if h.fulfilment_order_id == order),
            )
            for loss, order in zip(told.orders, ids, strict=True)
        ),
        claim=claim,
        photos=tuple(photos),
    )
