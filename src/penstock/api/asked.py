"""What a handler about one merchant begins with: who asks, about whom, when, by which profile."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Request

from penstock.access.key import Principal
from penstock.api.caller import actor_of, merchant_of
from penstock.api.context import Context
from penstock.db.transaction import Actor
from penstock.experience.profiles.load import load, shipped
from penstock.experience.profiles.profile import Profile
from penstock.kernel.errors import FieldError, Invalid


class Asked(msgspec.Struct, frozen=True):
    """Who asks, about which merchant, and when."""

    principal: Principal
    merchant: int
    now: datetime

    @property
    def actor(self) -> Actor:
        """In whose name its transactions run."""
        return actor_of(self.principal)

    @property
    def by(self) -> str:
        """Who did it, for what is recorded."""
        return f"{self.principal.role} {self.principal.key_id}"


async def asked_of(request: Request[Any, Any, Any], context: Context, code: str | None) -> Asked:
    """Return who asks about which merchant, the key's own or the one of that code.

    Raises:
        Unauthorised: there is no good key.
        Forbidden: its role may not.
        Invalid: an operator named no merchant, or one that does not exist.

    """
    principal = await context.callers.identify(request)
    merchant = await merchant_of(context.database, principal, code)
    return Asked(principal, merchant, context.now())


def profile_named(name: str) -> Profile:
    """Return the shipped profile of that name: a path would be read from our own disk.

    Raises:
        Invalid: there is none.

    """
    if name not in shipped():
        detail = f"use one of: {' '.join(shipped())}"
        raise Invalid(detail, errors=(FieldError("/profile", "unknown_profile", detail),))
    return load(name)
