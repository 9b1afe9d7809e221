"""Units a day that each SKU will sell, and how many to be ready for."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.planning.project import DAYS_AHEAD, Projected, project

_DAYS_BACK = 28


class Sold(msgspec.Struct, frozen=True):
    """A SKU's past: days are numbered from the first of the window, and only sales are listed."""

    merchant_id: int
    sku_id: int
    known_from: int
    days: list[int]
    units: list[int]
    live_days: list[int]


@query
async def sold(tx: Transaction, *, made_on: date, days: int) -> list[Sold]:
    """Read the accepted units of the last `days` whole UTC days, by the day of payment."""


@query
async def store_forecasts(
    tx: Transaction,
    *,
    made_on: date,
    merchant_ids: list[int],
    sku_ids: list[int],
    days: list[date],
    means: list[float],
    highs: list[float],
) -> None:
    """Write the forecasts made on a day; made again on the same day, they are replaced."""


async def forecast(tx: Transaction, now: datetime) -> int:
    """Forecast seven UTC days from today on for each SKU sold in the last 28; return how many.

    Today is not over, so it is forecast and not counted. What a stream sold is not counted
    either: streams are planned by their own expectation.
    """
    made_on = now.astimezone(UTC).date()
    begins = made_on - timedelta(days=_DAYS_BACK)
    past = await sold(tx, made_on=made_on, days=_DAYS_BACK)
    ahead = [made_on + timedelta(days=day) for day in range(DAYS_AHEAD)]
    projected = [day for sku in past for day in _projected(sku, begins)]
    if past:
        await store_forecasts(
            tx,
            made_on=made_on,
            merchant_ids=[sku.merchant_id for sku in past for _ in ahead],
            sku_ids=[sku.sku_id for sku in past for _ in ahead],
            days=ahead * len(past),
            means=[day.mean for day in projected],
            highs=[day.high for day in projected],
        )
    return len(past)


def _projected(sku: Sold, begins: date) -> list[Projected]:
    known_from = max(sku.known_from, 0)
    history = [0.0] * (_DAYS_BACK - known_from)
    for day, units in zip(sku.days, sku.units, strict=True):
        history[day - known_from] = units
    live: Collection[int] = {day - known_from for day in sku.live_days}
    return project(history, (begins + timedelta(days=known_from)).weekday(), live)
