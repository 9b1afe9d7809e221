"""Choose a carrier for parcels: the cheapest that is in time and has room, else the fastest."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.money import CURRENCIES
from penstock.lifecycle.advance import Subject


class Choice(msgspec.Struct, frozen=True):
    """The lane that a parcel takes, and the day of its pick-up (local to the node)."""

    merchant_id: int
    parcel_id: int
    vendor: str
    service: str
    pickup_on: date
    in_time: bool


@query
async def lock_bookings(
    tx: Transaction, *, merchant_ids: list[int], parcel_ids: list[int], now: datetime
) -> None:
    """Lock the counters of the pick-ups that the parcels could take, in key order."""


@query
async def choose(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    parcel_ids: list[int],
    avoided: list[str],
    currencies: list[str],
    eur_per_minor: list[Decimal],
    now: datetime,
) -> list[Choice]:
    """Give each parcel its lane, the most urgent first, and count it against the pick-up's room."""


async def choose_carriers(
    tx: Transaction,
    parcels: Sequence[Subject],
    now: datetime,
    *,
    fx: Mapping[str, Decimal],
    avoided: Sequence[str] = (),
) -> list[Choice]:
    """Choose a lane for those of `parcels` that have none; a parcel without any is left out.

    A lane is a carrier's service from the node to the country, priced by the smallest weight band
    that takes the parcel and in force on the day of the next pick-up. It is in time when the
    carrier's promise (pick-up day + transit days) meets the order's delivery date. `fx` says how
    many EUR one unit of each currency buys, to compare fees; a lane whose currency it lacks comes
    after all others. Carriers in `avoided`, and those that refused a parcel, are passed over.
    """
    keys = {
        "merchant_ids": [parcel.merchant_id for parcel in parcels],
        "parcel_ids": [parcel.subject_id for parcel in parcels],
    }
    rates = {"EUR": Decimal(1), **fx}
    known = sorted(rates.keys() & CURRENCIES.keys())
    await lock_bookings(tx, **keys, now=now)
    return await choose(
        tx,
        **keys,
        avoided=list(avoided),
        currencies=known,
        eur_per_minor=[rates[currency].scaleb(-CURRENCIES[currency]) for currency in known],
        now=now,
    )
