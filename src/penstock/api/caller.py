"""Who calls: the API key of a request, and what its role may do."""

import hashlib
import time
from typing import Any

from litestar import Request

from penstock.access.key import Principal, Role, verify_key
from penstock.db.query import query
from penstock.db.transaction import OPERATOR, Actor, Database, Transaction, merchant
from penstock.kernel.clock import Clock
from penstock.kernel.errors import Forbidden, Invalid, Unauthorised

_REMEMBERED_S = 30.0
_REMEMBERED_MAX = 10_000


@query
async def merchant_by_code(tx: Transaction, *, code: str) -> int | None:
    """Find a merchant by its code."""


class Callers:
    """Verifies keys, and remembers for half a minute which were good.

    A revoked key therefore ends within that time in every process.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        """Start with nothing remembered."""
        self._database = database
        self._clock = clock
        self._known: dict[bytes, tuple[float, Principal]] = {}

    async def identify(self, request: Request[Any, Any, Any]) -> Principal:
        """Return who presents the request's key.

        Raises:
            Unauthorised: there is none, or it is not good.

        """
        return await self.who(request.headers.get("authorization", ""))

    async def who(self, authorization: str) -> Principal:
        """Return who presents the key of an Authorization header.

        Raises:
            Unauthorised: there is none, or it is not good.

        """
        scheme, _, presented = authorization.partition(" ")
        if scheme.lower() != "bearer" or not presented:
            raise Unauthorised
        digest = hashlib.sha256(presented.encode("utf-8", "surrogatepass")).digest()
        seen_at, principal = self._known.get(digest, (0.0, None))
        if principal is not None and time.monotonic() - seen_at < _REMEMBERED_S:
            return principal
        found = await self._database.run(
            OPERATOR, lambda tx: verify_key(tx, presented, self._clock.now())
        )
        if found is None:
            raise Unauthorised("this API key is not valid: mistyped, revoked or expired")
        if len(self._known) >= _REMEMBERED_MAX:
            self._known.clear()
        self._known[digest] = (time.monotonic(), found)
        return found


def require(principal: Principal, *roles: Role) -> None:
    """Let only `roles` pass; an operator may do everything.

    Raises:
        Forbidden: the caller's role is another.

    """
    if principal.role != "operator" and principal.role not in roles:
        raise Forbidden(f"a key of role '{principal.role}' may not do that")


def require_node(principal: Principal, node_id: int) -> None:
    """Let a floor key act only at its own node; one made for no node acts at all.

    Raises:
        Forbidden: the key is another node's.

    """
    require(principal, "floor")
    if principal.node_id not in {0, node_id}:
        raise Forbidden(f"this key is for node {principal.node_id}")


def actor_of(principal: Principal) -> Actor:
    """Return in whose name the caller's transactions run."""
    return merchant(principal.merchant_id) if principal.role == "merchant" else OPERATOR


async def merchant_of(database: Database, principal: Principal, code: str | None) -> int:
    """Return the merchant that a request is about: the key's own, or the one named by `code`.

    Raises:
        Invalid: an operator named none, or one that does not exist.
        Forbidden: the caller is neither.

    """
    require(principal, "merchant")
    if principal.role == "merchant":
        return principal.merchant_id
    found = (
        await database.run(OPERATOR, lambda tx: merchant_by_code(tx, code=code)) if code else None
    )
    if found is None:
        raise Invalid("name the merchant: add ?merchant=CODE with the code of an existing merchant")
    return found
