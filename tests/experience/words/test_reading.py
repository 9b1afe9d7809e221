"""What Python reads in a word is what PostgreSQL reads in it, on journeys of every kind."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
import pytest

from penstock.db.transaction import Transaction
from penstock.experience.words.reading import Orders, UnreadableError, read, readable
from penstock.experience.words.vocabulary import (
    JOURNEY,
    POPULATIONS,
    PREDICATES,
    QUANTITIES,
    WORDS,
    bound,
)

Write = Callable[[Transaction, Random, list[int], int], Awaitable[None]]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TEXTS = ("cancel_fault", "return_fault", "exception_fault", "excluded")
TIMES = tuple(sorted(column for column in JOURNEY if column.endswith("_at")))
ASKED = {"faults": ("seller", "carrier"), "excluding": ("clocks", "flagged_gift", "buyer_fault")}
KNOWN = frozenset({*TIMES, *TEXTS, *ASKED})
EVERY = {
    **WORDS.moment,
    **{name: word.at for name, word in (*POPULATIONS.items(), *PREDICATES.items())},
    **{name: word.amount for name, word in QUANTITIES.items()},
    "reason": WORDS.reason,
}
READ = {name: sql for name, sql in EVERY.items() if readable(sql, KNOWN)}


def test_words_are_read_but_those_of_a_zone_and_of_a_clock() -> None:
    zoned = {"day_after_ended_at", "pickup_from_at", "picked_up_next_day", "pickup_due"}
    means = {"pickup_h", "pickup_s"}
    assert EVERY.keys() - READ.keys() == zoned | means | {"clock_due", "clock_met", "clock_missed"}


@pytest.mark.parametrize(
    "sql", ["now()", "paid_at AT TIME ZONE 'UTC'", ":as_of", "CASE paid_at END", "a <> b", "'", ""]
)
def test_what_is_not_understood_is_refused(sql: str) -> None:
    with pytest.raises(UnreadableError):
        read(sql)


@pytest.mark.parametrize("seed", range(3))
async def test_a_word_says_the_same_to_python_and_to_postgresql(
    tx: Transaction, write: Write, seed: int
) -> None:
    await write(tx, Random(seed), [7], 400)
    moments = {name: f"({sql})" for name, sql in WORDS.moment.items()}
    moments |= {name: f"ARRAY{[*words]}" for name, words in ASKED.items()}
    said = ", ".join(f"{bound(sql, moments)} AS {name}" for name, sql in READ.items())
    rows = await tx.fetch(f"SELECT {', '.join((*TIMES, *TEXTS))}, {said} FROM experience.journey")
    orders = Orders(
        **{name: np.array([number(row[name]) for row in rows]) for name in TIMES},
        **{name: np.array([row[name] or "" for row in rows]) for name in TEXTS},
        **{name: np.array(words) for name, words in ASKED.items()},
    )
    for name, sql in READ.items():
        told = read(sql).value(orders)
        for row, one in zip(rows, told, strict=True):
            if name == "reason":
                assert (row[name] or "") == one
            else:
                assert number(row[name]) == pytest.approx(float(one), abs=1e-6, nan_ok=True), name
        assert len({str(one) for one in told}) > 1, name


def number(value: Any) -> float:
    """A moment in microseconds since 1970, NaN for null."""
    if isinstance(value, datetime):
        return (value - EPOCH) // timedelta(microseconds=1)
    return np.nan if value is None else float(value)
