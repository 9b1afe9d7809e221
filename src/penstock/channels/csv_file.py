"""Penstock's own CSV of orders: one row a line of an order, its columns in any sequence.

Rows of the same `channel` and `channel_order_id`, together or scattered, make one order. What
belongs to the whole order stands on one of its rows at least, and the same on each that has it.
"""

import csv
import difflib
import io
import re
from collections.abc import Iterable, Iterator

from penstock.channels.csv_order import Row, built
from penstock.channels.parsed import Parsed, Source, require_utf8, shown, whole
from penstock.kernel.errors import FieldError, Malformed

COLUMNS = {
    "channel": "where the order comes from, such as tiktok_shop",
    "channel_order_id": "the channel's number of the order; the same on each of its rows",
    "currency": "ISO 4217, such as USD",
    "ordered_at": "time with offset, such as 2026-11-21T10:00:00Z",
    "paid_at": "time with offset; blank while unpaid",
    "policy": "all_or_nothing (where blank), available or backorder",
    "stream": "code of the livestream",
    "buyer_id": "the channel's number of the buyer",
    "name": "consignee",
    "line1": "street and number",
    "line2": "rest of the street address",
    "city": "town",
    "region": "state or province",
    "postal_code": "postal code",
    "country": "ISO 3166-1 alpha-2, such as US",
    "phone": "consignee's telephone",
    "email": "consignee's e-mail",
    "sku": "the merchant's code of the goods",
    "quantity": "units",
    "unit_price": "price of one unit, such as 19.90",
    "shipping": "what the shopper paid for delivery, such as 4.50",
    "note": "words for the packer",
}
"""Every column that is read, with its meaning."""

REQUIRED = (
    "channel", "channel_order_id", "currency", "ordered_at", "name", "line1", "city", "country",
    "sku", "quantity", "unit_price",
)  # fmt: skip
"""The columns that a file cannot do without."""

NOTES = ("refused_line", "refused_code", "refused_because")
"""Columns that a file of refused orders begins with; the reader passes over them."""

_SEPARATORS = ",;\t"
_DECIMAL_COMMA = re.compile(r"^([0-9]+),([0-9]+)$")
_AMOUNTS = ("unit_price", "shipping")
_KEY = ("channel", "channel_order_id")


def read(source: Source) -> Iterator[Parsed]:
    """Read orders; a bad one is a record with errors, and the others go on.

    The separator is a comma, semicolon or tab, whichever the header uses; after semicolons a
    price may have a decimal comma, as spreadsheets of those countries write it.

    Raises:
        Malformed: at once: not UTF-8, a column missing or unknown, or a row that cannot be told
            apart into cells and may belong to any order.

    """
    lines = list(io.StringIO(require_utf8(whole(source)), newline=""))
    delimiter, _known = separator(next((line for line in lines if line.strip()), ""))
    table = _rows(lines, delimiter)
    _line, _raw, header = next(table, (1, "", []))
    columns = _columns(header)
    _require_columns(columns)
    return (built(rows) for rows in _grouped([_row(*row, columns, delimiter) for row in table]))


def refused_again(content: bytes, refused: Iterable[tuple[Parsed, Iterable[FieldError]]]) -> str:
    """Write the rows of refused orders as they came, each behind why; `read` takes them again."""
    lines = list(io.StringIO(require_utf8(whole(content)), newline=""))
    delimiter, _known = separator(next((line for line in lines if line.strip()), ""))
    told: dict[int, list[FieldError]] = {}
    for parsed, errors in refused:
        for line in {parsed.line, *(parsed.lines or {}).values()}:
            told.setdefault(line, [])
        for error in errors:
            told[error.line or parsed.line].append(error)
    table = _rows(lines, delimiter)
    _line, _raw, header = next(table)
    kept = [i for i, name in enumerate(_columns(header)) if name not in NOTES]
    beyond = len(header)
    written = io.StringIO(newline="")
    rows = csv.writer(written, delimiter=delimiter, lineterminator="\n")
    rows.writerow([*NOTES, *(header[i] for i in kept)])
    for line, _raw, cells in table:
        if line in told:
            own = [cells[i] for i in kept if i < len(cells)] + cells[beyond:]
            rows.writerow([*_notes(line, told[line]), *own])
    return written.getvalue()


def _notes(line: int, errors: list[FieldError]) -> tuple[str, str, str]:
    """Fill the columns of NOTES; an apostrophe keeps a spreadsheet from reading a formula."""
    codes = " ".join(dict.fromkeys(error.code for error in errors))
    because = " ".join(_told(error) for error in errors)
    formula = because[:1] in {"=", "+", "-", "@", "\t", "\r"}
    return str(line), codes, "'" * formula + because


def _told(error: FieldError) -> str:
    """Name the column, where the sentence does not begin with it."""
    column = error.pointer.removeprefix("/")
    return error.detail if error.detail.startswith(column) else f"{column}: {error.detail}"


def separator(header: str) -> tuple[str, int]:
    """Say which separator makes the most of our columns out of a header, and how many."""
    known = {mark: sum(name in COLUMNS for name in _names(header, mark)) for mark in _SEPARATORS}
    best = max(known, key=lambda mark: known[mark])
    return best, known[best]


def _names(header: str, mark: str) -> list[str]:
    return [name.strip().strip('"').strip().lower() for name in header.split(mark)]


def _rows(lines: list[str], delimiter: str) -> Iterator[tuple[int, str, list[str]]]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        first = reader.line_num
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as fault:
            why = str(fault)
            if "end of data" in why or "field limit" in why:
                why = "a quote is opened here and never closed"
            raise _malformed(f"Line {first + 1} cannot be read: {why}.", first + 1) from None
        if any(cells):
            yield first + 1, "".join(lines[first : reader.line_num]), cells


def _columns(header: list[str]) -> list[str]:
    columns = [name.lower() for name in header]
    while columns and not columns[-1]:
        columns.pop()
    return columns


def _require_columns(columns: list[str]) -> None:
    known = COLUMNS.keys() | set(NOTES)
    unknown = [_suggested(name, columns) for name in columns if name not in known]
    twice = sorted({shown(name) for name in columns if columns.count(name) > 1})
    missing = [name for name in REQUIRED if name not in columns]
    faults = {
        "missing_column": ("Missing columns, to be added: ", missing),
        "unknown_column": ("Unknown columns, to be taken out or renamed: ", unknown),
        "repeated_column": ("Columns that stand twice: ", twice),
    }
    errors = tuple(
        FieldError("", code, f"{words}{', '.join(names)}.", 1)
        for code, (words, names) in faults.items()
        if names
    )
    if errors:
        raise Malformed(" ".join(error.detail for error in errors), errors=errors)


def _suggested(name: str, present: list[str]) -> str:
    missing = [column for column in COLUMNS if column not in present]
    near = difflib.get_close_matches(name, missing, n=1)
    return f"{shown(name)} (did you mean {near[0]}?)" if near else shown(name)


def _row(line: int, raw: str, cells: list[str], columns: list[str], delimiter: str) -> Row:
    while len(cells) > len(columns) and not cells[-1]:
        cells.pop()
    pairs = zip(columns, cells, strict=False)
    found = {name: cell for name, cell in pairs if cell and name not in NOTES}
    fault = None
    if len(cells) != len(columns):
        detail = (
            f"Line {line} has {len(cells)} cells and the header {len(columns)}: put a cell that "
            f"holds {shown(delimiter)}, a quote or a line break in double quotes."
        )
        if set([name for name in columns if name not in NOTES][:2]) != set(_KEY):
            detail += " (With channel and channel_order_id first, only its order is refused.)"
            raise _malformed(detail, line)
        fault = FieldError("", "bad_row", detail, line)
    if delimiter == ";":
        for name in _AMOUNTS:
            if name in found:
                found[name] = _DECIMAL_COMMA.sub(r"\1.\2", found[name])
    return Row(line, raw, found, fault)


def _grouped(rows: list[Row]) -> Iterable[list[Row]]:
    groups: dict[tuple[str, str], list[Row]] = {}
    by_number: dict[str, list[list[Row]]] = {}
    strays: list[tuple[Row, list[Row]]] = []
    previous: list[Row] = []
    for row in rows:
        channel, number = (row.cells.get(name, "") for name in _KEY)
        if not (channel and number):
            strays.append((row, previous))
            continue
        if (channel, number) not in groups:
            by_number.setdefault(number, []).append(groups.setdefault((channel, number), []))
        previous = groups[channel, number]
        previous.append(row)
    lone = []
    for row, above in strays:
        name = next(name for name in _KEY if name not in row.cells)
        detail = f"Line {row.line} has no {name}: repeat that of its order."
        fault = row.fault or FieldError(f"/{name}", "required", detail, row.line)
        lost = Row(row.line, row.raw, row.cells, fault)
        homes = by_number.get(row.cells.get("channel_order_id", "")) or [above or []]
        for home in homes:
            home.append(lost)
            if len(home) == 1:
                lone.append(home)
    return [*groups.values(), *lone]


def _malformed(detail: str, line: int) -> Malformed:
    return Malformed(detail, errors=(FieldError("", "bad_csv", detail, line),))
