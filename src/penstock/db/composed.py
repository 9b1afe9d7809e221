"""Run a statement that a program put together of the texts of `.sql` files."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from penstock.db.query import positional
from penstock.db.transaction import Transaction

_positional = lru_cache(maxsize=64)(positional)


async def run_composed(tx: Transaction, sql: str, given: Mapping[str, object]) -> list[Any]:
    """Return the records of `sql`, whose named parameters are `given` (others are passed over).

    A declared query is checked against PostgreSQL before it ever runs; what is composed must have
    tests of its own.
    """
    statement, names = _positional(sql)
    return await tx.fetch(statement, *[given[name] for name in names])
