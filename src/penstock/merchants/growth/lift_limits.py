"""The operator lifts volume limits, or puts a lifted one back."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.outbox import announce
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import FieldError, Invalid

LIFTED = "merchants.volume_limit_lifted"
RESTORED = "merchants.volume_limit_restored"


class Lifted(msgspec.Struct, frozen=True):
    """What became of one limit: `lifted`, `restored`, `repeated`, `over`, or `unknown_limit`."""

    merchant_id: int
    limit_id: int
    outcome: str


@query
async def lift(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    limit_ids: list[int],
    lifted: bool,
    because: str,
    lifted_by: str,
    now: datetime,
) -> list[Lifted]:
    """Lift or restore limits that are not over; answer each in the order given."""


async def lift_limits(
    tx: Transaction,
    limits: Sequence[tuple[int, int]],
    now: datetime,
    *,
    because: str,
    by: str,
    lifted: bool = True,
) -> list[Lifted]:
    """Lift `limits` (merchant_id, limit_id) at once, or restore them; one answer each, in order.

    Raises:
        Invalid: no reason is given.

    """
    if not because.strip() or not because.isprintable():
        raise Invalid(errors=(FieldError("/because", "required", "say in one line why"),))
    first = list(dict.fromkeys(limits))
    rows = await lift(
        tx,
        merchant_ids=[merchant_id for merchant_id, _ in first],
        limit_ids=[limit_id for _, limit_id in first],
        lifted=lifted,
        because=because,
        lifted_by=by,
        now=now,
    )
    changed = [row for row in rows if row.outcome in {"lifted", "restored"}]
    if changed:
        await announce(
            tx,
            topic=LIFTED if lifted else RESTORED,
            merchant_ids=[row.merchant_id for row in changed],
            subject_ids=[0] * len(changed),
            at=now,
            payloads=[
                msgspec.json.encode({"limit_id": row.limit_id, "because": because}).decode()
                for row in changed
            ],
        )
    by_key = {(row.merchant_id, row.limit_id): row for row in rows}
    return [by_key[key] for key in limits]
