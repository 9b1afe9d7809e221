"""Curation: which SKUs may be sold."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from importlib import resources

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class Goods(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A class of dangerous goods, by UN number; `carried` if parcels of it are taken."""

    un: str
    title: str
    carried: bool
    why: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    goods: tuple[Goods, ...]


class SkuApproval(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one: `approved`, `repeated`, `restricted` (see `detail`), `unknown_sku`."""

    merchant_id: int
    code: str
    outcome: str
    detail: str = ""


class Approvable(msgspec.Struct, frozen=True):
    """What curation knows of a SKU that was asked for, and whether it is approved."""

    position: int
    sku_id: int
    restricted: str
    approved: bool


@query
async def lock_skus(
    tx: Transaction, *, merchant_ids: list[int], codes: list[str]
) -> list[Approvable]:
    """Lock the SKUs that are asked for, in key order."""


@query
async def store_approvals(
    tx: Transaction, *, merchant_ids: list[int], sku_ids: list[int], approved_at: datetime
) -> None:
    """Let SKUs be sold from `approved_at` on."""


@cache
def restricted_goods() -> dict[str, Goods]:
    """Return the dangerous goods that Penstock knows (`restricted.toml`), by UN number."""
    text = resources.files(__package__).joinpath("restricted.toml").read_bytes()
    return {goods.un: goods for goods in msgspec.toml.decode(text, type=_File).goods}


async def approve_skus(
    tx: Transaction,
    skus: Sequence[tuple[int, str]],
    now: datetime,
    *,
    permitted: Collection[str] = (),
) -> list[SkuApproval]:
    """Approve SKUs, named as (merchant_id, code), of any merchants; one answer each, in order.

    Restricted goods are approved if the list says that they are carried, or if their UN number is
    among `permitted` (the operator has the contracts for them). A number that is not on the list
    is refused.
    """
    rows = await lock_skus(
        tx, merchant_ids=[merchant_id for merchant_id, _ in skus], codes=[code for _, code in skus]
    )
    found = {row.position: row for row in rows}
    answers, fresh = [], []
    for i, (merchant_id, code) in enumerate(skus):
        row = found.get(i)
        why = "" if row is None else _refusal(row.restricted, permitted)
        if row is None:
            outcome = "unknown_sku"
        elif row.approved:
            outcome = "repeated"
        elif why:
            outcome = "restricted"
        else:
            outcome = "approved"
            fresh.append((merchant_id, row.sku_id))
        detail = why if outcome == "restricted" else ""
        answers.append(SkuApproval(merchant_id, code, outcome, detail))
    await store_approvals(
        tx,
        merchant_ids=[merchant_id for merchant_id, _ in fresh],
        sku_ids=[sku_id for _, sku_id in fresh],
        approved_at=now,
    )
    return answers


def _refusal(un: str, permitted: Collection[str]) -> str:
    """Return why goods of that number are not carried; empty if they are."""
    if not un or un in permitted:
        return ""
    goods = restricted_goods().get(un)
    if goods is None:
        return f"{un} is not on the list of restricted goods; add it there or correct the SKU"
    return "" if goods.carried else f"{un}, {goods.title}: {goods.why}"
