"""Merchants say what they sell."""

from collections.abc import Sequence

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import FieldError
from penstock.merchants.sku_rules import NewSku, problems


class SkuAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one SKU; `sku_id` is 0 where nothing was stored.

    `added`; `changed`; `unchanged`; `superseded` (a later row of the batch has its code);
    `invalid` (`errors` says where).
    """

    code: str
    outcome: str
    sku_id: int = 0
    errors: tuple[FieldError, ...] = ()


class StoredSku(msgspec.Struct, frozen=True):
    """A SKU as it was found or made."""

    code: str
    sku_id: int
    outcome: str


@query
async def store_skus(
    tx: Transaction,
    *,
    merchant_id: int,
    codes: list[str],
    titles: list[str],
    weights_g: list[int],
    lengths_mm: list[int],
    widths_mm: list[int],
    heights_mm: list[int],
    hs6: list[str],
    origin_countries: list[str],
    values_minor: list[int],
    currencies: list[str],
    restricted: list[str],
) -> list[StoredSku]:
    """Insert or change SKUs by code."""


async def add_skus(tx: Transaction, merchant_id: int, skus: Sequence[NewSku]) -> list[SkuAnswer]:
    """Store one merchant's SKUs by code; one answer each, in their order.

    What curation looked at may not change behind its back: a new title, HS code, origin or
    restriction takes the approval away. The same again changes nothing.
    """
    wrong = {i: errors for i, sku in enumerate(skus) if (errors := problems(sku))}
    last = {sku.code: i for i, sku in enumerate(skus) if i not in wrong}
    chosen = [skus[i] for i in sorted(last.values())]
    rows = await store_skus(
        tx,
        merchant_id=merchant_id,
        codes=[s.code for s in chosen],
        titles=[s.title for s in chosen],
        weights_g=[s.weight_g for s in chosen],
        lengths_mm=[s.length_mm for s in chosen],
        widths_mm=[s.width_mm for s in chosen],
        heights_mm=[s.height_mm for s in chosen],
        hs6=[s.hs6 for s in chosen],
        origin_countries=[s.origin_country for s in chosen],
        values_minor=[s.value_minor for s in chosen],
        currencies=[s.currency for s in chosen],
        restricted=[s.restricted for s in chosen],
    )
    stored = {row.code: row for row in rows}
    answers = []
    for i, sku in enumerate(skus):
        if i in wrong:
            answers.append(SkuAnswer(sku.code, "invalid", errors=wrong[i]))
        elif last[sku.code] != i:
            answers.append(SkuAnswer(sku.code, "superseded", stored[sku.code].sku_id))
        else:
            row = stored[sku.code]
            answers.append(SkuAnswer(sku.code, row.outcome, row.sku_id))
    return answers
