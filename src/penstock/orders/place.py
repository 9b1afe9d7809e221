"""Find where each line may be reserved, and refuse what the merchant does not sell there."""

from collections.abc import Sequence

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.orders.item import Answer, Item, refusal, still_open


class Market(msgspec.Struct, frozen=True):
    """Where and how the merchant sells: currency and SLA code of a country."""

    country: str
    currency: str
    sla: str


class Place(msgspec.Struct, frozen=True):
    """Where a line may be reserved: the first pool by rank that carries its SKU, 0 if none."""

    position: int
    sku_id: int
    approved: bool
    pool_id: int


class Stream(msgspec.Struct, frozen=True):
    """A livestream that takes orders now."""

    code: str
    stream_id: int


@query
async def place(
    tx: Transaction,
    *,
    merchant_id: int,
    sku_codes: list[str],
    countries: list[str],
    stream_ids: list[int | None],
) -> list[Place]:
    """Resolve each place's SKU and pool; `position` counts from 1."""


@query
async def markets(tx: Transaction, *, merchant_id: int) -> list[Market]:
    """Return the countries that a merchant serves."""


@query
async def streams(tx: Transaction, *, merchant_id: int, codes: list[str]) -> list[Stream]:
    """Resolve stream codes to the streams that are not closed."""


async def resolve(tx: Transaction, merchant_id: int, items: Sequence[Item]) -> None:
    """Refuse what this merchant does not sell there; give the others their pools and SLA."""
    await _resolve_market(tx, merchant_id, items)
    await _resolve_lines(tx, merchant_id, still_open(items))


async def _resolve_market(tx: Transaction, merchant_id: int, items: Sequence[Item]) -> None:
    served = {m.country: m for m in await markets(tx, merchant_id=merchant_id)}
    codes = sorted({item.order.stream for item in still_open(items) if item.order.stream})
    open_streams = (
        {s.code: s.stream_id for s in await streams(tx, merchant_id=merchant_id, codes=codes)}
        if codes
        else {}
    )
    for item in still_open(items):
        order = item.order
        market = served.get(order.ship_to.country)
        if market is None:
            detail = f"the merchant does not sell to {order.ship_to.country}"
            item.answer = refusal(item, "market_not_served", detail, "/ship_to/country")
        elif market.currency != order.currency:
            detail = f"orders to {market.country} are in {market.currency}, not {order.currency}"
            item.answer = refusal(item, "wrong_currency", detail, "/currency")
        elif order.stream and order.stream not in open_streams:
            detail = "there is no open stream of that code; leave it empty or correct it"
            item.answer = refusal(item, "unknown_stream", detail, "/stream")
        else:
            item.sla = market.sla
            item.stream_id = open_streams.get(order.stream)


async def _resolve_lines(tx: Transaction, merchant_id: int, asking: Sequence[Item]) -> None:
    """Look each distinct (SKU, country, stream) up once: a batch names few of them."""
    wanted = list(
        dict.fromkeys(
            (line.sku, item.order.ship_to.country, item.stream_id)
            for item in asking
            for line in item.order.lines
        )
    )
    rows = await place(
        tx,
        merchant_id=merchant_id,
        sku_codes=[sku for sku, _, _ in wanted],
        countries=[country for _, country, _ in wanted],
        stream_ids=[stream_id for _, _, stream_id in wanted],
    )
    found = {wanted[row.position - 1]: row for row in rows}
    sold = {key: (row.pool_id, row.sku_id) for key, row in found.items() if row.approved}
    for item in asking:
        country, stream_id = item.order.ship_to.country, item.stream_id
        keys = [(line.sku, country, stream_id) for line in item.order.lines]
        try:
            item.places = tuple([sold[key] for key in keys])
        except KeyError:
            i = next(i for i, key in enumerate(keys) if key not in sold)
            item.answer = _unsold(item, i, known=keys[i] in found)


def _unsold(item: Item, i: int, *, known: bool) -> Answer:
    """Return the refusal of an item whose line `i` the merchant may not sell."""
    sku = item.order.lines[i].sku
    if not known:
        detail = f"the merchant has no SKU {sku!r}; add it or correct the code"
        return refusal(item, "unknown_sku", detail, f"/lines/{i}/sku")
    detail = f"SKU {sku!r} is not approved for sale"
    return refusal(item, "sku_not_approved", detail, f"/lines/{i}/sku")
