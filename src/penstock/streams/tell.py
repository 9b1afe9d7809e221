"""Tell what was done to a stream."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec

from penstock.db.transaction import Transaction

Announce = Callable[..., Awaitable[None]]
"""`db.outbox.announce`."""


async def tell(
    tx: Transaction,
    topic: str,
    merchant_id: int,
    said: Sequence[dict[str, object]],
    now: datetime,
    announce: Announce,
) -> None:
    """Announce under no subject: a stream's code is in the payload, and its number no order's."""
    if said:
        await announce(
            tx,
            topic=topic,
            merchant_ids=[merchant_id] * len(said),
            subject_ids=[0] * len(said),
            at=now,
            payloads=[msgspec.json.encode(payload).decode() for payload in said],
        )
