"""Say where each line may be reserved, and refuse what the merchant does not sell there."""

from collections.abc import Mapping, Sequence

from penstock.orders.item import Answer, Item, refusal
from penstock.orders.look import Look, Market, Place, Wish, wishes_of


def resolve(items: Sequence[Item], look: Look) -> None:
    """Give items their pools, stream and SLA; refuse what this merchant does not sell there."""
    sold = {
        wish: (place.pool_id, place.sku_id)
        for wish, place in look.places.items()
        if place.approved and place.sku_id is not None
    }
    for item in items:
        wishes = wishes_of(item.order)
        market = look.markets.get(item.order.ship_to.country)
        stream_id = look.places[wishes[0]].stream_id
        answer = _unserved(item, market, stream_id)
        places = [sold.get(wish) for wish in wishes]
        if answer is None and None in places:
            answer = _unsold(item, wishes, look.places)
        if answer is not None or market is None:
            item.answer = answer
            continue
        item.sla = market.sla
        item.stream_id = stream_id
        item.places = tuple([place for place in places if place is not None])


def _unserved(item: Item, market: Market | None, stream_id: int | None) -> Answer | None:
    order = item.order
    if market is None:
        detail = f"the merchant does not sell to {order.ship_to.country}"
        return refusal(item, "market_not_served", detail, "/ship_to/country")
    if market.currency != order.currency:
        detail = f"orders to {market.country} are in {market.currency}, not {order.currency}"
        return refusal(item, "wrong_currency", detail, "/currency")
    if order.stream and stream_id is None:
        detail = "there is no open stream of that code; leave it empty or correct it"
        return refusal(item, "unknown_stream", detail, "/stream")
    return None


def _unsold(item: Item, wishes: Sequence[Wish], places: Mapping[Wish, Place]) -> Answer | None:
    """Return the refusal of the first line that the merchant may not sell."""
    for i, wish in enumerate(wishes):
        sku, place = wish[0], places[wish]
        if place.sku_id is None:
            detail = f"the merchant has no SKU {sku!r}; add it or correct the code"
            return refusal(item, "unknown_sku", detail, f"/lines/{i}/sku")
        if not place.approved:
            detail = f"SKU {sku!r} is not approved for sale"
            return refusal(item, "sku_not_approved", detail, f"/lines/{i}/sku")
    return None
