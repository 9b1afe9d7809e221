"""Invite merchants or shoppers to the questionnaire: one link each, told through the outbox."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from penstock.db.outbox import announce
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.drivers.questionnaire import Audience, shipped
from penstock.kernel.errors import FieldError, Invalid

TOPIC = "survey.invited"
SECRET_BYTES = 20
"""160 random bits: too many to guess, so a plain SHA-256 is digest enough."""
DAYS_MAX = 90
INVITATIONS_MAX = 1_000
"""Invitations that one request sends; asked again, the rest follow."""


class Round(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A round of questions: its name, who is asked, how long a link is good.

    Shoppers are asked about orders delivered in the last `delivered_days`. Nobody is asked twice in
    one round.
    """

    round: str
    audience: Audience
    valid_days: Annotated[int, msgspec.Meta(ge=1, le=DAYS_MAX)] = 14
    delivered_days: Annotated[int, msgspec.Meta(ge=1, le=DAYS_MAX)] = 7


class Person(msgspec.Struct, frozen=True):
    """Who is to be asked: a merchant by its code, or the shopper of an order by its reference."""

    merchant_id: int
    fulfilment_order_id: int
    name: str


class Stored(msgspec.Struct, frozen=True):
    """An invitation that is new."""

    merchant_id: int
    invitation_id: int
    fulfilment_order_id: int


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation as it goes out; its `path` is told this once, and is the only way in."""

    name: str
    audience: Audience
    path: str
    expires_at: datetime


@query
async def people_to_ask(
    tx: Transaction,
    *,
    audience: str,
    merchant: int | None,
    round: str,  # noqa: A002  the column's name
    delivered_since_at: datetime,
    now: datetime,
    invitations_max: int,
) -> list[Person]:
    """List whom a round has not asked yet."""


@query
async def store_invitations(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    fulfilment_order_ids: list[int],
    secrets_sha256: list[bytes],
    round: str,  # noqa: A002  the column's name
    audience: str,
    questionnaire: str,
    version: int,
    now: datetime,
    expires_at: datetime,
) -> list[Stored]:
    """Store invitations; one that the round has already stays."""


async def invite(
    tx: Transaction,
    asked: Round,
    merchant: int | None,
    now: datetime,
    *,
    draw: Callable[[int], bytes],
) -> list[Invited]:
    """Invite whom the round has not asked yet, at most `INVITATIONS_MAX`, and announce each.

    `draw` gives so many random bytes. The same round again invites only who has come since. What
    goes into the outbox carries the link, for whoever writes to people; we send no messages.

    Raises:
        Invalid: the round has no sound name, or shoppers are asked without naming a merchant.

    """
    _check(asked, merchant)
    people = await people_to_ask(
        tx,
        audience=asked.audience,
        merchant=merchant,
        round=asked.round,
        delivered_since_at=now - timedelta(days=asked.delivered_days),
        now=now,
        invitations_max=INVITATIONS_MAX,
    )
    secrets = {(p.merchant_id, p.fulfilment_order_id): draw(SECRET_BYTES) for p in people}
    questions, expires_at = shipped(), now + timedelta(days=asked.valid_days)
    stored = await store_invitations(
        tx,
        merchant_ids=[p.merchant_id for p in people],
        fulfilment_order_ids=[p.fulfilment_order_id for p in people],
        secrets_sha256=[hashlib.sha256(secret).digest() for secret in secrets.values()],
        round=asked.round,
        audience=asked.audience,
        questionnaire=questions.code,
        version=questions.version,
        now=now,
        expires_at=expires_at,
    )
    names = {(p.merchant_id, p.fulfilment_order_id): p.name for p in people}
    invited = [
        Invited(
            name=names[row.merchant_id, row.fulfilment_order_id],
            audience=asked.audience,
            path=path_of(row, secrets[row.merchant_id, row.fulfilment_order_id]),
            expires_at=expires_at,
        )
        for row in stored
    ]
    if stored:
        await announce(
            tx,
            topic=TOPIC,
            merchant_ids=[row.merchant_id for row in stored],
            subject_ids=[row.fulfilment_order_id or row.invitation_id for row in stored],
            at=now,
            payloads=[msgspec.json.encode(one).decode() for one in invited],
        )
    return invited


def path_of(stored: Stored, secret: bytes) -> str:
    """Return the path of an invitation: whose, which, and the secret that proves it."""
    return f"/surveys/{stored.merchant_id}-{stored.invitation_id}-{secret.hex()}"


def _check(asked: Round, merchant: int | None) -> None:
    wrong = []
    if not (0 < len(asked.round) <= 40 and asked.round.isprintable() and asked.round.strip()):
        wrong.append(
            FieldError("/round", "bad_name", "name the round, in 1 to 40 printable characters")
        )
    if asked.audience == "shopper" and merchant is None:
        wrong.append(
            FieldError("/merchant", "missing", "name the merchant whose shoppers are asked")
        )
    if wrong:
        raise Invalid(errors=tuple(wrong))
