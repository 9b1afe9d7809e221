"""Find where each line may be reserved, and refuse what the merchant does not sell there."""

from collections.abc import Sequence

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.orders.item import Item, Place, refusal, still_open


class Market(msgspec.Struct, frozen=True):
    """Where and how the merchant sells: currency and SLA code of a country."""

    country: str
    currency: str
    sla: str


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
    """Resolve each line's SKU and pool."""


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
    lines = [(item, line) for item in asking for line in item.order.lines]
    rows = await place(
        tx,
        merchant_id=merchant_id,
        sku_codes=[line.sku for _, line in lines],
        countries=[item.order.ship_to.country for item, _ in lines],
        stream_ids=[item.stream_id for item, _ in lines],
    )
    by_position = {row.position: row for row in rows}
    position = 0
    for item in asking:
        places = []
        for i, line in enumerate(item.order.lines):
            row = by_position.get(position)
            position += 1
            if row is None:
                detail = f"the merchant has no SKU {line.sku!r}; add it or correct the code"
                item.answer = refusal(item, "unknown_sku", detail, f"/lines/{i}/sku")
            elif not row.approved:
                detail = f"SKU {line.sku!r} is not approved for sale"
                item.answer = refusal(item, "sku_not_approved", detail, f"/lines/{i}/sku")
            else:
                places.append(row)
        item.places = tuple(places)
