"""The rows of one order in a CSV file, made into that order or into the reasons why not."""

import re
import typing
from datetime import UTC, datetime

import msgspec

from penstock.channels.amount import amount_at
from penstock.channels.order import Address, NewLine, NewOrder, Policy
from penstock.channels.order_rules import breaches, required, unknown_currency
from penstock.channels.parsed import Parsed, located, shown
from penstock.kernel.errors import FieldError
from penstock.kernel.money import CURRENCIES

LINE_COLUMNS = frozenset({"sku", "quantity", "unit_price"})
"""The columns that each row has for itself; all others belong to the whole order."""

_WHOLE = re.compile("[0-9]{1,9}")
_POLICIES: tuple[Policy, ...] = typing.get_args(Policy)
_ADDRESS = ("name", "line1", "city", "country", "line2", "region", "postal_code", "phone", "email")


class Row(msgspec.Struct, frozen=True):
    """One row: the physical line where it starts, its source text, and its cells, blank ones out.

    A row with a `fault` could not be told apart into cells, and refuses its whole order: to take
    the other rows would be to ship half of it.
    """

    line: int
    raw: str
    cells: dict[str, str]
    fault: FieldError | None = None


def built(rows: list[Row]) -> Parsed:
    """Make one order out of its rows; errors point at a column, each with its physical line."""
    raw = "".join(row.raw for row in rows).replace("\0", "\ufffd").rstrip("\r\n")
    faults = [row.fault for row in rows if row.fault]
    answer = tuple(faults) or _order(rows)
    origins, lines = _whence(rows)
    at = rows[0].line
    if isinstance(answer, NewOrder):
        return Parsed(line=at, order=answer, raw=raw, origins=origins, lines=lines)
    return Parsed(line=at, errors=answer, raw=raw, origins=origins, lines=lines)


def _whence(rows: list[Row]) -> tuple[dict[str, str], dict[str, int]]:
    """Say which column each part of an order comes from, and which row each of its lines."""
    origins = {"/ship_to": "", "/shipping_minor": "/shipping", "/lines": "/unit_price"}
    lines: dict[str, int] = {}
    for index, row in enumerate(rows):
        at = f"/lines/{index}"
        origins |= {at: "", f"{at}/unit_price_minor": "/unit_price"}
        lines |= {at: row.line, f"{at}/unit_price_minor": row.line}
    return origins, lines


def _order(rows: list[Row]) -> NewOrder | tuple[FieldError, ...]:
    faults = [
        FieldError(f"/{column}", "bad_text", f"{column} holds a NUL: take it out.", row.line)
        for row in rows
        for column, cell in row.cells.items()
        if "\0" in cell
    ]
    cells, lines_of = _shared(rows, faults)
    currency = cells.get("currency", "")
    if currency not in CURRENCIES:
        faults.append(_at_line(unknown_currency("/currency"), lines_of))
    shipping_minor = amount_at(
        "/shipping", cells.get("shipping", "0"), currency, faults, line=lines_of.get("shipping")
    )
    policy = next((p for p in _POLICIES if p == cells.get("policy", "all_or_nothing")), None)
    if policy is None:
        choices = f"policy must be one of: {', '.join(_POLICIES)}."
        faults.append(_at_line(FieldError("/policy", "bad_choice", choices), lines_of))
    ordered_at = _time("ordered_at", cells, lines_of, faults)
    paid_at = _time("paid_at", cells, lines_of, faults) if "paid_at" in cells else None
    lines = tuple(_line(row, currency, faults) for row in rows)
    if faults or policy is None or ordered_at is None:
        return tuple(faults)
    order = NewOrder(
        channel=cells["channel"],
        channel_order_id=cells["channel_order_id"],
        currency=currency,
        ordered_at=ordered_at,
        ship_to=Address(**{part: cells.get(part, "") for part in _ADDRESS}),
        lines=lines,
        paid_at=paid_at,
        policy=policy,
        stream=cells.get("stream", ""),
        shipping_minor=shipping_minor,
        buyer_id=cells.get("buyer_id", ""),
        note=cells.get("note", ""),
    )
    return _breaches(order, rows, lines_of) or order


def _shared(rows: list[Row], faults: list[FieldError]) -> tuple[dict[str, str], dict[str, int]]:
    cells: dict[str, str] = {}
    lines_of: dict[str, int] = {}
    for row in rows:
        for column, cell in row.cells.items():
            if column in LINE_COLUMNS:
                continue
            if column not in cells:
                cells[column], lines_of[column] = cell, row.line
            elif cells[column] != cell:
                detail = (
                    f"{column} is {shown(cell)} here and {shown(cells[column])} on line "
                    f"{lines_of[column]} of the same order: make them the same."
                )
                faults.append(FieldError(f"/{column}", "conflict", detail, row.line))
    return cells, {"": rows[0].line, **lines_of}


def _line(row: Row, currency: str, faults: list[FieldError]) -> NewLine:
    quantity = row.cells.get("quantity", "")
    if not _WHOLE.fullmatch(quantity):
        detail = f"quantity must be a whole number, not {shown(quantity)}."
        faults.append(FieldError("/quantity", "wrong_type", detail, row.line))
        quantity = "0"
    price = amount_at(
        "/unit_price", row.cells.get("unit_price", ""), currency, faults, line=row.line
    )
    return NewLine(sku=row.cells.get("sku", ""), quantity=int(quantity), unit_price_minor=price)


def _time(
    column: str, cells: dict[str, str], lines_of: dict[str, int], faults: list[FieldError]
) -> datetime | None:
    if column not in cells:
        faults.append(_at_line(required(f"/{column}"), lines_of))
        return None
    try:
        at = datetime.fromisoformat(cells[column])
        return at if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        detail = f"{column} must be a time with its offset, such as 2026-11-21T10:00:00Z."
        faults.append(_at_line(FieldError(f"/{column}", "bad_time", detail), lines_of))
        return None


def _breaches(order: NewOrder, rows: list[Row], lines_of: dict[str, int]) -> tuple[FieldError, ...]:
    found = located(breaches(order), *_whence(rows))
    return tuple(error if error.line else _at_line(error, lines_of) for error in found)


def _at_line(error: FieldError, lines_of: dict[str, int]) -> FieldError:
    line = lines_of.get(error.pointer.removeprefix("/"), lines_of[""])
    return msgspec.structs.replace(error, line=line)
