"""Take the answers of whoever holds an invitation's link: once, and while it is good."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.drivers.questionnaire import Audience, Questionnaire, shipped
from penstock.kernel.errors import Conflict, FieldError, Invalid, NotFound

_TOKEN = re.compile(r"([0-9]{1,9})-([0-9]{1,18})-([0-9a-f]{40})", re.ASCII)
State = Literal["open", "answered", "expired"]


class Invitation(msgspec.Struct, frozen=True):
    """An invitation as it is stored."""

    merchant_id: int
    invitation_id: int
    secret_sha256: bytes
    audience: Audience
    questionnaire: str
    version: int
    expires_at: datetime
    answered_at: datetime | None
    merchant: str

    def state(self, now: datetime) -> State:
        """Return whether it can still be answered."""
        if self.answered_at is not None:
            return "answered"
        return "expired" if self.expires_at <= now else "open"


@query
async def find_invitation(
    tx: Transaction, *, merchant_id: int, invitation_id: int
) -> Invitation | None:
    """Find an invitation by its number."""


@query
async def store_answers(
    tx: Transaction,
    *,
    merchant_id: int,
    invitation_id: int,
    items: list[str],
    values: list[int],
    now: datetime,
) -> list[int]:
    """Store the answers to an invitation that is still open; nothing where it is not."""


async def invitation_of(tx: Transaction, token: str) -> Invitation:
    """Return the invitation that a link's token proves.

    Raises:
        NotFound: there is none, or the secret is another; which of the two is not told.

    """
    parts = _TOKEN.fullmatch(token)
    if parts is not None:
        found = await find_invitation(tx, merchant_id=int(parts[1]), invitation_id=int(parts[2]))
        digest = hashlib.sha256(bytes.fromhex(parts[3])).digest()
        if found is not None and hmac.compare_digest(digest, found.secret_sha256):
            return found
    raise NotFound("this link leads to no questionnaire: it was mistyped or cut short")


def questions_of(invitation: Invitation) -> Questionnaire:
    """Return what an invitation asks.

    Raises:
        Conflict: it was sent with a version that this program no longer has.

    """
    asked = shipped()
    if (asked.code, asked.version) != (invitation.questionnaire, invitation.version):
        raise Conflict("this questionnaire has been replaced: ask for a new link")
    return asked


async def answer(
    tx: Transaction, token: str, answers: Mapping[str, int], now: datetime
) -> Invitation:
    """Store answers (item → a number of the scale); items may be left out, but not all.

    Raises:
        NotFound: no such invitation.
        Conflict: it was answered before, or its time is over.
        Invalid: an unknown item, a number off the scale, or nothing answered.

    """
    invitation = await invitation_of(tx, token)
    _check(questions_of(invitation), invitation.audience, answers)
    stored = await store_answers(
        tx,
        merchant_id=invitation.merchant_id,
        invitation_id=invitation.invitation_id,
        items=list(answers),
        values=list(answers.values()),
        now=now,
    )
    if not stored:
        raise Conflict(
            "the time for answers is over"
            if invitation.state(now) == "expired"
            else "this questionnaire has been answered: thank you, once is enough"
        )
    return invitation


def _check(asked: Questionnaire, audience: Audience, answers: Mapping[str, int]) -> None:
    known = {item.code for item in asked.items(audience)}
    low, high = asked.scale.low, asked.scale.high
    wrong = [
        FieldError(f"/{code}", "unknown_item", "this is not asked")
        for code in answers
        if code not in known
    ]
    wrong += [
        FieldError(f"/{code}", "off_the_scale", f"answer with a whole number from {low} to {high}")
        for code, value in answers.items()
        if code in known and not low <= value <= high
    ]
    if not answers:
        wrong.append(FieldError("", "nothing_answered", "answer at least one question"))
    if wrong:
        raise Invalid(errors=tuple(wrong))
