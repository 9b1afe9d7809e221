"""Shoppers: who buys what and when, and what goes wrong in the orders that channels send."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from penstock.channels.order import Address, NewLine, NewOrder
from penstock.simulation.chance import Chance
from penstock.simulation.scenario import Scenario, Seller, Sku

_ENCODE = msgspec.json.Encoder().encode
_STREETS = ("High Street", "Mill Lane", "Station Road", "Oak Avenue", "Canal Walk")
_FIRST = ("Ada", "Ben", "Chi", "Dara", "Eli", "Fay", "Gus", "Hana", "Ivo", "Jun", "Kai", "Lea")
_LAST = ("Okafor", "Smith", "Nguyen", "Patel", "Garcia", "Brown", "Kim", "Novak", "Silva", "Chen")
_CITIES = {
    "US": (("Austin", "TX", "78701"), ("Newark", "NJ", "07102"), ("Reno", "NV", "89501"),
           ("Chicago", "IL", "60601"), ("Miami", "FL", "33101"), ("Seattle", "WA", "98101")),
    "GB": (("London", "", "SW1A 1AA"), ("Leeds", "", "LS1 4DY"), ("Cardiff", "", "CF10 1EP"),
           ("Glasgow", "", "G1 1XQ"), ("Bristol", "", "BS1 4DJ")),
}  # fmt: skip
_BAD_SHARE = 0.006
_TWICE_SHARE = 0.02


class Sent(msgspec.Struct, frozen=True):
    """One order as its channel sends it, at its time; a doubled one is sent twice."""

    at: datetime
    merchant: str
    key: str
    body: bytes


def demand(scenario: Scenario, chance: Chance) -> list[Sent]:
    """Return every order of the evening, in order of arrival: a function of scenario and seed."""
    sent = []
    for number, at in enumerate(_arrivals(scenario, chance)):
        seller = chance.choice(
            scenario.sellers, [s.demand_share for s in scenario.sellers], "seller", number
        )
        order = _order(scenario, seller, at, number, chance)
        body = _spoiled(order, number, chance)
        late = timedelta(seconds=chance.exponential(seller.sync.total_seconds(), "sync", number))
        one = Sent(at + late, seller.code, order.channel_order_id, body)
        sent.append(one)
        if chance.happens(_TWICE_SHARE, "twice", number):
            again = one.at + timedelta(seconds=chance.exponential(20.0, "again", number))
            sent.append(msgspec.structs.replace(one, at=again))
    sent.sort(key=lambda s: (s.at, s.key))
    return sent


def rate_per_s(scenario: Scenario, at: datetime) -> float:
    """Return the orders a second that are wanted at `at`: calm, a step, its decay, a trickle."""
    if at < scenario.explodes_at:
        return scenario.calm_per_s
    since_s = (at - scenario.explodes_at).total_seconds()
    return scenario.after_per_s + scenario.peak_per_s * math.exp(-since_s / scenario.decay_s)


def _arrivals(scenario: Scenario, chance: Chance) -> Iterator[datetime]:
    """Arrivals second by second, each second's number drawn around its rate."""
    at, owed, number = scenario.starts_at, 0.0, 0
    while at < scenario.ends_at:
        rate = rate_per_s(scenario, at)
        number += 1
        owed += rate + math.sqrt(rate) * (chance.uniform("noise", number) - 0.5) * 2
        count = max(0, math.floor(owed))
        owed -= count
        for i in range(count):
            yield at + timedelta(seconds=(i + 0.5) / count)
        at += timedelta(seconds=1)


def _order(
    scenario: Scenario, seller: Seller, at: datetime, number: int, chance: Chance
) -> NewOrder:
    countries = list(seller.markets)
    country = chance.choice(countries, [seller.markets[c][2] for c in countries], "country", number)
    currency = seller.markets[country][0]
    lines = 1 + chance.happens(0.12, "second", number) + chance.happens(0.03, "third", number)
    skus: dict[str, Sku] = {}
    for i in range(lines):
        sku = chance.choice(seller.skus, [s.weight for s in seller.skus], "sku", number, i)
        skus[sku.code] = sku
    policy: Any = chance.choice(
        ("all_or_nothing", "available", "backorder"), (0.93, 0.05, 0.02), "policy", number
    )
    return NewOrder(
        channel="tiktok_shop" if seller.code != "bramble" else "shopify",
        channel_order_id=f"{seller.code}-{number:06}",
        currency=currency,
        ordered_at=at,
        paid_at=at,
        ship_to=_consignee(country, number, chance),
        lines=tuple(
            NewLine(
                sku=code,
                quantity=1 + chance.happens(0.06, "units", number, code),
                unit_price_minor=sku.price_minor[currency],
            )
            for code, sku in skus.items()
        ),
        policy=policy,
        stream=scenario.stream if any(s.ring_fenced for s in skus.values()) else "",
        shipping_minor=0,
        buyer_id=f"buyer-{number:06}",
    )


def _consignee(country: str, number: int, chance: Chance) -> Address:
    cities = _CITIES[country]
    city, region, postal_code = cities[int(chance.uniform("city", number) * len(cities))]
    first = _FIRST[int(chance.uniform("first", number) * len(_FIRST))]
    last = _LAST[int(chance.uniform("last", number) * len(_LAST))]
    street = _STREETS[int(chance.uniform("street", number) * len(_STREETS))]
    return Address(
        name=f"{first} {last}",
        line1=f"{1 + number % 180} {street}",
        city=city,
        region=region,
        postal_code=postal_code,
        country=country,
    )


def _spoiled(order: NewOrder, number: int, chance: Chance) -> bytes:
    """Encode the order; a few are wrong in the ways that orders are wrong in."""
    body = _ENCODE(order)
    if not chance.happens(_BAD_SHARE, "bad", number):
        return body
    wrong: dict[str, Any] = msgspec.json.decode(body)
    how = int(chance.uniform("how", number) * 5)
    if how == 0:
        wrong["lines"][0]["sku"] = "NO-SUCH-SKU"
    elif how == 1:
        wrong["lines"][0]["quantity"] = 0
    elif how == 2:
        wrong["ship_to"]["country"] = "QQ"
    elif how == 3:
        del wrong["ship_to"]["line1"]
    else:
        wrong["currency"] = "JPY"
    return _ENCODE(wrong)
