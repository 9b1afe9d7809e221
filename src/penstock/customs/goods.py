"""What a parcel contains, as its border will be told."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from penstock.channels.order import Address
from penstock.customs.consignment import Consignment, GoodsLine
from penstock.customs.landed_cost import LandedCost
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.gateways.effects import DeclarationRequest, DeclaredLine
from penstock.gateways.reference import reference


class Good(msgspec.Struct, frozen=True):
    """One line of one parcel, with what its declaration must say of the parcel and the order."""

    merchant_id: int
    parcel_id: int
    vendor: str
    zone: str
    merchant: str
    channel: str
    channel_order_id: str
    fulfilment_no: int
    parcel_no: int
    from_country: str
    to_country: str
    ship_to: str
    currency: str
    shipping_minor: int
    goods_minor: int
    hs6: str
    description: str
    sku: str
    origin_country: str
    weight_g: int
    quantity: int
    unit_price_minor: int


@query
async def goods_to_declare(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    parcel_ids: list[int],
    currencies: list[str],
    eur_per_minor: list[Decimal],
    now: datetime,
) -> list[Good]:
    """Gather the contents of parcels and the broker for each; without a broker there is none."""


def consignment_of(goods: Sequence[Good]) -> Consignment:
    """Return the consignment that one parcel's `goods` are, at the prices that were paid.

    The parcel bears the share of the order's carriage that its goods have of the order's goods,
    rounded down.
    """
    first = goods[0]
    worth = sum(good.quantity * good.unit_price_minor for good in goods)
    return Consignment(
        origin=first.from_country,
        destination=first.to_country,
        lines=tuple(
            GoodsLine(
                hs6=good.hs6,
                description=good.description,
                quantity=good.quantity,
                value_minor=good.quantity * good.unit_price_minor,
                currency=good.currency,
                weight_g=good.weight_g * good.quantity,
                origin=good.origin_country,
                sku=good.sku,
            )
            for good in goods
        ),
        freight_minor=first.shipping_minor * worth // first.goods_minor if first.goods_minor else 0,
        freight_currency=first.currency,
        consignee=msgspec.json.decode(first.ship_to, type=Address),
    )


def declaration_of(goods: Sequence[Good], cost: LandedCost, now: datetime) -> DeclarationRequest:
    """Return what a broker is to lodge for one parcel's `goods`, in the currency of its border.

    Its reference is made of natural keys only, as a label's is.
    """
    first = goods[0]
    return DeclarationRequest(
        reference=reference(
            first.merchant,
            first.channel,
            first.channel_order_id,
            first.fulfilment_no,
            first.parcel_no,
        ),
        jurisdiction=cost.jurisdiction or first.to_country,
        from_country=first.from_country,
        to_country=first.to_country,
        currency=cost.currency,
        lines=tuple(
            DeclaredLine(
                hs6=good.hs6,
                description=good.description,
                quantity=good.quantity,
                value_minor=line.goods_minor,
                weight_g=good.weight_g * good.quantity,
                origin_country=good.origin_country,
            )
            for good, line in zip(goods, cost.lines, strict=True)
        ),
        duty_minor=cost.duty_minor,
        vat_minor=cost.vat_minor,
        lodged_at=now,
    )
