"""Tie the orders of one buyer in one stream to one address together, to be shipped as one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from penstock.db.outbox import announce
from penstock.db.query import query
from penstock.db.transaction import Transaction

TOPIC = "orders.merged"
Windows = Callable[[Transaction, datetime], Awaitable[Mapping[str, timedelta]]]
"""The merge window of each channel, under `*` that of all others; what is not there merges not."""


class Mergeable(msgspec.Struct, frozen=True):
    """An order that waits for allocation, or one of its kin that is in a group already.

    `kin` is the same for orders of one merchant, channel, stream, buyer and address.
    """

    merchant_id: int
    order_id: int
    channel: str
    kin: int
    received_at: datetime
    group_id: int | None
    group_at: datetime | None


class Member(msgspec.Struct, frozen=True):
    """An order and the group that it belongs to, which bears the id of its first order."""

    merchant_id: int
    order_id: int
    group_id: int


@query
async def mergeable(
    tx: Transaction, *, since: datetime, now: datetime, channels: list[str]
) -> list[Mergeable]:
    """List orders that have kin, by kin and time of receipt."""


@query
async def store_members(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    order_ids: list[int],
    group_ids: list[int],
    at: datetime,
) -> list[Member]:
    """Store memberships; answer those that are new."""


async def merge(tx: Transaction, now: datetime, *, windows: Windows) -> int:
    """Put orders into groups that ship together, as far as they have not been allocated.

    Returns how many orders have joined a group. Each is announced on the topic `orders.merged`.
    """
    by_channel = {c: w for c, w in (await windows(tx, now)).items() if w}
    if not by_channel:
        return 0
    longest = max(by_channel.values())
    since = now - 2 * longest
    found = await mergeable(tx, since=since, now=now, channels=list(by_channel))
    members = grouped(found, by_channel)
    if not members:
        return 0
    joined = await store_members(
        tx,
        merchant_ids=[m.merchant_id for m in members],
        order_ids=[m.order_id for m in members],
        group_ids=[m.group_id for m in members],
        at=now,
    )
    await announce(
        tx,
        topic=TOPIC,
        merchant_ids=[m.merchant_id for m in joined],
        subject_ids=[m.order_id for m in joined],
        at=now,
        payloads=[msgspec.json.encode({"group_id": m.group_id}).decode() for m in joined],
    )
    return len(joined)


def grouped(orders: Sequence[Mergeable], windows: Mapping[str, timedelta]) -> list[Member]:
    """Return who joins which group, in the order given: by kin, then time of receipt.

    An order joins a group of its kin whose first order came at most the channel's window before
    it; else it begins one, which stands once a second order has joined it.
    """
    members: list[Member] = []
    groups: dict[tuple[int, int], list[tuple[datetime, int]]] = {}
    for o in orders:
        if o.group_id is not None and o.group_at is not None:
            known = groups.setdefault((o.merchant_id, o.kin), [])
            if (o.group_at, o.group_id) not in known:
                known.append((o.group_at, o.group_id))
    alone: set[tuple[int, int]] = set()
    for o in orders:
        if o.group_id is not None:
            continue
        known = groups.setdefault((o.merchant_id, o.kin), [])
        window = windows.get(o.channel, windows.get("*", timedelta(0)))
        fitting = [(at, g) for at, g in known if at <= o.received_at <= at + window]
        if not fitting:
            known.append((o.received_at, o.order_id))
            alone.add((o.merchant_id, o.order_id))
            continue
        _, group = max(fitting)
        if (o.merchant_id, group) in alone:
            alone.remove((o.merchant_id, group))
            members.append(Member(o.merchant_id, group, group))
        members.append(Member(o.merchant_id, o.order_id, group))
    return members
