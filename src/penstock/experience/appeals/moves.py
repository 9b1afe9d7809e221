"""The life of an appeal, as data, and the one statement that writes it.

An appeal is no subject of `lifecycle`: nothing of it waits for a worker, a shelf or a vendor, a
finished month's archive must not wait for it, and its deadlines come from the channel's terms.
What the two share is kept: moves are data, one writer, a history that nobody can change.
"""

from datetime import datetime
from typing import Final, Literal

import msgspec

from penstock.db.outbox import announce
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import Conflict, FieldError, Invalid, NotFound

AppealStatus = Literal["filed", "decided", "reopened", "withdrawn"]
Event = Literal["filed", "decided", "reopened", "withdrawn"]
MOVES: Final[dict[tuple[str, Event], AppealStatus]] = {
    ("", "filed"): "filed",
    ("filed", "decided"): "decided",
    ("filed", "withdrawn"): "withdrawn",
    ("decided", "reopened"): "reopened",
    ("reopened", "decided"): "decided",
    ("reopened", "withdrawn"): "decided",  # what had been decided stands again
}
"""By status (empty: it is not there yet) and event, the status that follows."""
_SAID_MAX: Final = 2_000


class Standing(msgspec.Struct, frozen=True):
    """An appeal under lock: where it stands, and how often it was opened again."""

    profile: str
    status: str
    decided_at: datetime | None
    again_by_at: datetime | None
    reopened: int


@query
async def lock_appeal(tx: Transaction, *, merchant_id: int, appeal_id: int) -> Standing | None:
    """Lock an appeal and tell where it stands."""


@query
async def write_move(
    tx: Transaction,
    *,
    merchant_id: int,
    appeal_id: int,
    from_status: str,
    event: str,
    to_status: str,
    at: datetime,
    moved_by: str,
    because: str,
) -> None:
    """Write a move of an appeal, and the status that it comes to."""


async def locked(tx: Transaction, merchant_id: int, appeal_id: int) -> Standing:
    """Return an appeal under lock.

    Raises:
        NotFound: the merchant has no such appeal.

    """
    found = None
    if 0 < appeal_id < 2**63:
        found = await lock_appeal(tx, merchant_id=merchant_id, appeal_id=appeal_id)
    if found is None:
        raise NotFound(f"there is no appeal {appeal_id}")
    return found


async def move_appeal(
    tx: Transaction,
    merchant_id: int,
    appeal_id: int,
    from_status: str,
    event: Event,
    at: datetime,
    *,
    by: str,
    because: str,
    told: dict[str, int | str],
) -> AppealStatus:
    """Move an appeal that is under lock, and announce it with what there is to tell.

    Raises:
        Conflict: the event is not possible from where the appeal stands.

    """
    to_status = MOVES.get((from_status, event))
    if to_status is None:
        raise Conflict(f"appeal {appeal_id} is {from_status}: it cannot be {event} now")
    await write_move(
        tx,
        merchant_id=merchant_id,
        appeal_id=appeal_id,
        from_status=from_status,
        event=event,
        to_status=to_status,
        at=at,
        moved_by=by,
        because=because,
    )
    payload = {"appeal_id": appeal_id, "status": to_status, "because": because, **told}
    await announce(
        tx,
        topic=f"experience.appeal_{event}",
        merchant_ids=[merchant_id],
        subject_ids=[appeal_id],
        at=at,
        payloads=[msgspec.json.encode(payload).decode()],
    )
    return to_status


def plain(text: str, pointer: str) -> str:
    """Return what a person said, or refuse it.

    Raises:
        Invalid: it is empty, longer than is read, or has characters that no one can see.

    """
    said = text.strip()
    if not said or len(said) > _SAID_MAX or not said.replace("\n", "").isprintable():
        detail = f"say in plain words why, in at most {_SAID_MAX:,} characters"
        raise Invalid(detail, errors=(FieldError(pointer, "required", detail),))
    return said
