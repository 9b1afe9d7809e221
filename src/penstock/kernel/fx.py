"""What currencies are worth in euro, by day: to compare fees and to convert values at borders."""

import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources


@cache
def _months() -> tuple[tuple[date, ...], tuple[Mapping[str, Decimal], ...]]:
    text = resources.files(__package__).joinpath("fx.toml").read_text("utf-8")
    tables = tomllib.loads(text)
    days = tuple(date.fromisoformat(day) for day in tables)
    return days, tuple(
        {"EUR": Decimal(1)} | {code: 1 / Decimal(per_euro) for code, per_euro in table.items()}
        for table in tables.values()
    )


def eur_per_unit(on: date) -> Mapping[str, Decimal]:
    """Return how many EUR one unit of each currency buys: the month-end rate in force on a day.

    A day before the first table gets the first, one after the last the last. A currency without
    a reference rate is not in the answer. Source: `fx.toml`.
    """
    days, tables = _months()
    return tables[max(0, bisect_right(days, on) - 1)]
