"""Where a merchant sells, in which currency, and what it promises there."""

from collections.abc import Collection, Sequence

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.countries import COUNTRIES
from penstock.kernel.errors import FieldError, Invalid
from penstock.kernel.money import CURRENCIES
from penstock.kernel.repeats import repeats


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """A country that the merchant serves, its currency, and the code of the SLA that binds it."""

    country: str
    currency: str
    sla: str


@query
async def store_markets(
    tx: Transaction,
    *,
    merchant_id: int,
    countries: list[str],
    currencies: list[str],
    slas: list[str],
) -> int | None:
    """Insert or change markets by country; count those that are new or changed."""


async def set_markets(
    tx: Transaction, merchant_id: int, markets: Sequence[Market], known_slas: Collection[str]
) -> int:
    """Open markets to a merchant, or change them; return how many are new or changed.

    Markets that are not named stay as they are, for orders may be under way to them. Orders that
    were taken keep what they were promised.

    Raises:
        Invalid: a country, currency or SLA is unknown, or a country is said twice.

    """
    if wrong := problems(markets, known_slas):
        raise Invalid(errors=wrong)
    changed = await store_markets(
        tx,
        merchant_id=merchant_id,
        countries=[m.country for m in markets],
        currencies=[m.currency for m in markets],
        slas=[m.sla for m in markets],
    )
    return changed or 0


def problems(markets: Sequence[Market], known_slas: Collection[str]) -> tuple[FieldError, ...]:
    """Return every rule that the markets break."""
    wrong = []
    twice = repeats(m.country for m in markets)
    for i, market in enumerate(markets):
        if market.country not in COUNTRIES:
            detail = f"{market.country!r} is no country of ISO 3166-1; use a code such as US"
            wrong.append(FieldError(f"/markets/{i}/country", "unknown_country", detail))
        if i in twice:
            detail = f"{market.country} is there already; say it once"
            wrong.append(FieldError(f"/markets/{i}/country", "said_twice", detail))
        if market.currency not in CURRENCIES:
            detail = f"use one of: {' '.join(CURRENCIES)}"
            wrong.append(FieldError(f"/markets/{i}/currency", "unknown_currency", detail))
        if market.sla not in known_slas:
            detail = f"no SLA {market.sla!r}; use one of: {' '.join(sorted(known_slas))}"
            wrong.append(FieldError(f"/markets/{i}/sla", "unknown_sla", detail))
    return tuple(wrong)
