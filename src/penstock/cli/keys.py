"""`penstock keys`: who may call the API."""

import asyncio
import secrets
from typing import Annotated

from cyclopts import App, Parameter

from penstock.access.holder import require_holder
from penstock.access.key import SECRET_BYTES, Principal, Role, create_key, revoke_key
from penstock.access.list_keys import KeyListed, list_keys
from penstock.cli.output import print_json
from penstock.cli.session import Session, console, listing, merchant_id_of, session
from penstock.db.transaction import OPERATOR, Transaction
from penstock.kernel.errors import NotFound

keys = App(name="keys", help="API keys: make them, list them, end them.")


@keys.command(name="list")
def list_all(
    *,
    all: Annotated[bool, Parameter(help="ended keys, too")] = False,  # noqa: A002  the flag's name
    json: Annotated[bool, Parameter(help="one line of JSON")] = False,
) -> None:
    """List keys: whose each is, and when it was last used, to the minute."""
    found = asyncio.run(_list(all))
    if json:
        print_json(found)
        return
    if not found:
        console.print("there is no key yet; 'penstock init' makes the first")
        return
    table = listing("id", "role", "whose", "label", "created", "expires", "last used")
    for key in found:
        table.add_row(
            key.key_id,
            key.role,
            key.whose or "–",
            key.label or "–",
            f"{key.created_at:%Y-%m-%d}",
            "never" if key.expires_at is None else f"{key.expires_at:%Y-%m-%d %H:%M}",
            "not yet" if key.last_used_at is None else f"{key.last_used_at:%Y-%m-%d %H:%M}",
        )
    console.print(table)


async def _list(ended: bool) -> list[KeyListed]:
    async with session() as opened:
        return await opened.database.run(
            OPERATOR, lambda tx: list_keys(tx, now=opened.now, ended=ended)
        )


@keys.command
def create(
    role: Role,
    *,
    label: str = "",
    merchant: Annotated[str | None, Parameter(help="code, for a merchant's key")] = None,
    vendor: Annotated[str | None, Parameter(help="code, for a vendor's key")] = None,
    node: Annotated[int | None, Parameter(help="number, for a floor's key")] = None,
) -> None:
    """Make an API key and print it: it is shown once and stored as a digest."""
    asyncio.run(_create(role, label, merchant, vendor, node))


async def _create(
    role: Role, label: str, merchant: str | None, vendor: str | None, node: int | None
) -> None:
    async with session() as opened:
        principal = Principal(
            key_id=secrets.token_hex(5),
            role=role,
            merchant_id=await merchant_id_of(opened.database, merchant) if merchant else 0,
            vendor=vendor or "",
            node_id=node or 0,
        )
        await make_key(opened, principal, label)


async def make_key(opened: Session, principal: Principal, label: str) -> None:
    """Make a key for somebody that there is, and print it."""
    secret = secrets.token_bytes(SECRET_BYTES)

    async def work(tx: Transaction) -> str:
        await require_holder(tx, principal)
        return await create_key(tx, principal, label, secret, opened.now)

    key = await opened.database.run(OPERATOR, work)
    console.print(f"API key ({principal.role}), shown this once:")
    console.print(key, style="bold", soft_wrap=True)


@keys.command
def revoke(key_id: str) -> None:
    """End a key's life; its id is the part between the first two underscores."""
    asyncio.run(_revoke(key_id))


async def _revoke(key_id: str) -> None:
    async with session() as opened:
        ended = await opened.database.run(
            OPERATOR, lambda tx: revoke_key(tx, key_id=key_id, now=opened.now)
        )
    if ended is None:
        raise NotFound(f"no living key {key_id!r}; 'penstock keys list' names those that there are")
    console.print(f"{key_id} revoked")
