"""The Olist CSV files, row by row with their lines, and their cells as values."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from penstock.experience.journeys.past_order import BadCode, BadRow
from penstock.kernel.errors import Invalid, NotFound

Row = dict[str, str]
ORDERS = "olist_orders_dataset.csv"
ITEMS = "olist_order_items_dataset.csv"
REVIEWS = "olist_order_reviews_dataset.csv"
CUSTOMERS = "olist_customers_dataset.csv"
_COLUMNS: dict[str, frozenset[str]] = {
    ORDERS: frozenset(
        {
            *("order_id", "customer_id", "order_status", "order_purchase_timestamp"),
            *("order_approved_at", "order_delivered_carrier_date"),
            *("order_delivered_customer_date", "order_estimated_delivery_date"),
        }
    ),
    ITEMS: frozenset({"order_id", "seller_id", "shipping_limit_date", "freight_value"}),
    REVIEWS: frozenset({"order_id", "review_score", "review_answer_timestamp"}),
    CUSTOMERS: frozenset({"customer_id", "customer_state"}),
}
_ZONE = ZoneInfo("America/Sao_Paulo")
_MINOR_MAX = 10**12


def rows(folder: Path, file: str) -> Iterator[tuple[int, Row | BadRow]]:
    """Yield each row of a file with the line on which it begins.

    Raises:
        NotFound: the file is missing.
        Invalid: it lacks a column that is read.

    """
    try:
        with (folder / file).open(encoding="utf-8-sig", errors="replace", newline="") as text:
            yield from _parsed(text, file)
    except OSError as error:
        raise NotFound(
            f"cannot read {folder / file}: {error.strerror}; the folder must hold"
            f" {', '.join(_COLUMNS)}"
        ) from error


def _parsed(text: TextIO, file: str) -> Iterator[tuple[int, Row | BadRow]]:
    lines = _Lines(text)
    reader = csv.reader(lines)
    try:
        header = next(reader, [])
    except csv.Error:
        header = []
    if lacking := sorted(_COLUMNS[file] - set(header)):
        raise Invalid(f"{file}: no column {', '.join(lacking)}; is this the Olist data set?")
    while True:
        lines.begin()
        line, what, cells = lines.number + 1, "", list[str]()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            what = str(error)
        if not what and len(cells) == len(header):
            yield line, dict(zip(header, cells, strict=True))
        elif what or cells:
            what = what or f"{len(cells)} columns where the header has {len(header)}"
            if lines.again():
                what = f"{what}: a quote is not closed?"
                reader = csv.reader(lines)
            yield line, bad(file, line, "malformed", what)


class _Lines:
    """The lines of a file, of which those behind the first of a bad row can be read again.

    A quote that is not closed makes all that follows, up to the next one, a part of its row: many
    good rows would be lost with a bad one.
    """

    def __init__(self, text: Iterable[str]) -> None:
        self._text = iter(text)
        self._ahead: deque[str] = deque()
        self._taken: list[str] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._ahead.popleft() if self._ahead else next(self._text)
        self._taken.append(line)
        self.number += 1
        return line

    def begin(self) -> None:
        """Remember from here on what a row takes."""
        self._taken = []

    def again(self) -> bool:
        """Go back behind the first line of the row; False: it had no other."""
        back = self._taken[1:]
        self._ahead.extendleft(reversed(back))
        self.number -= len(back)
        return bool(back)


def bad(file: str, line: int, code: BadCode, detail: str) -> BadRow:
    """Return a row that cannot be used."""
    return BadRow(file=file, line=line, code=code, detail=detail)


def key_of(row: Row, column: str) -> str:
    """Return an identifier.

    Raises:
        ValueError: empty, with control characters, or not UTF-8.

    """
    if not row[column] or not row[column].isprintable() or "\ufffd" in row[column]:
        raise ValueError(f"{column} is empty or not text")
    return row[column]


def time_of(row: Row, column: str) -> datetime | None:
    """Return a time as UTC, or None for an empty cell.

    Raises:
        ValueError: neither empty nor a time.

    """
    try:
        return utc(row[column]) if row[column] else None
    except ValueError as error:
        raise ValueError(f"{column}: {error}") from error


def utc(text: str) -> datetime:
    """Return a wall-clock time of São Paulo (`2017-02-18 23:41:47`) as UTC.

    An hour that the end of summer time repeats is read as its first pass; a time that its
    beginning skips keeps the offset from before the jump.

    Raises:
        ValueError: not a date and time of that shape.

    """
    if len(text) != len("2017-02-18 23:41:47"):
        raise ValueError(f"'{text}' is no time like 2017-02-18 23:41:47")
    local = datetime.fromisoformat(text)
    if local.tzinfo is not None:  # a shorter time with an offset may be as long
        raise ValueError(f"'{text}' is no time like 2017-02-18 23:41:47")
    local = local.replace(tzinfo=_ZONE, fold=0)
    try:
        return local.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"'{text}' lies outside the calendar") from error


def minor_of(row: Row, column: str) -> int:
    """Return an amount in centavos.

    Raises:
        ValueError: not a number, negative, absurdly large, or finer than a centavo.

    """
    try:
        minor = Decimal(row[column]) * 100
    except InvalidOperation as error:
        raise ValueError(f"{column}: '{row[column]}' is no amount") from error
    if not (minor.is_finite() and 0 <= minor < _MINOR_MAX and minor == int(minor)):
        raise ValueError(f"{column}: '{row[column]}' is no amount of whole centavos from 0 up")
    return int(minor)
