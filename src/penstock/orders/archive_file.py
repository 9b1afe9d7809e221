"""The files of an archive: Parquet, written whole or not at all, and read by key.

Only here is pyarrow used, an extra: `pip install 'penstock[archive]'`.
"""

import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import msgspec

from penstock.kernel.errors import Misconfigured, Unavailable

ArchiveKind = Literal["orders", "lines", "moves"]
_ROW_GROUP = {"orders": 2_000, "lines": 20_000, "moves": 20_000}
"""Rows that are read as one. Of orders few, for a document is read with all of its group."""
_KEPT_FOOTERS = 64
_MODE = 0o640
"""It holds addresses: nobody reads it but the account that runs Penstock, and its group."""
_LINES = msgspec.json.Encoder().encode_lines
_ORDER = """
    merchant_id:int32 order_id:int64 channel:string channel_order_id:string received_at:time
    outcome:string detail:string status:string country:string currency:string goods_minor:int64
    shipping_minor:int64 policy:string stream_id:int64 buyer_id:string ship_to:string
    ordered_at:time paid_at:time dispatch_by_at:time deliver_by_at:time document:string
"""
_LINE = """
    merchant_id:int32 order_id:int64 line_no:int32 sku_id:int64 sku:string pool_id:int32
    quantity:int32 accepted:int32 backordered:int32 unit_price_minor:int64
"""
_MOVE = """
    merchant_id:int32 subject_id:int64 history_id:int64 kind:string from_status:string
    event:string to_status:string at:time
"""


def _columns(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, of) for name, _, of in (word.partition(":") for word in text.split()))


COLUMNS: dict[ArchiveKind, tuple[tuple[str, str], ...]] = {
    "orders": _columns(_ORDER),
    "lines": _columns(_LINE),
    "moves": _columns(_MOVE),
}
"""Name and type of every column; the first two are the key by which rows are sorted."""


class Unreadable(Unavailable):
    """A file of the archive is missing or damaged; the detail names it, for operators."""


class Written(msgspec.Struct, frozen=True):
    """A finished file, verified; `sha256` is the whole file's, in hex."""

    kind: ArchiveKind
    file: str
    rows: int
    bytes: int
    sha256: str


class _Bounds(msgspec.Struct, frozen=True):
    """The least and greatest keys of a group of rows."""

    least_merchant: int
    greatest_merchant: int
    least_order: int
    greatest_order: int

    def may_hold(self, merchant_id: int | None, order_ids: frozenset[int]) -> bool:
        least, greatest = self.least_merchant, self.greatest_merchant
        if merchant_id is not None and not least <= merchant_id <= greatest:
            return False
        return any(self.least_order <= order <= self.greatest_order for order in order_ids)


def arrow() -> tuple[ModuleType, ModuleType]:
    """Return pyarrow and its Parquet module.

    Raises:
        Misconfigured: it is not installed.

    """
    try:
        import pyarrow as pa  # type: ignore[import-untyped]  # ships no types
        import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types
    except ImportError as error:
        raise Misconfigured(
            "an archive needs pyarrow: install it with pip install 'penstock[archive]'."
        ) from error
    return pa, pq


class ArchiveFile:
    """A file that is being written, under another name until it is published."""

    def __init__(self, folder: Path, name: str, kind: ArchiveKind, origin: str) -> None:
        """Begin `name` in `folder`; `origin` names the database, and is kept in the file."""
        pa, pq = arrow()
        self.name, self._kind, self._folder = name, kind, folder
        self._pending = folder / f".{name}.part"
        self._rows: list[tuple[Any, ...]] = []
        self._count = 0
        self._digest = hashlib.sha256()
        types = {"time": pa.timestamp("us", "UTC"), "string": pa.string()}
        self._schema = pa.schema(
            [(n, types.get(of) or pa.type_for_alias(of)) for n, of in COLUMNS[kind]],
            metadata={"penstock.database": origin},
        )
        self._refuse_foreign(pq, origin)
        self._writer = pq.ParquetWriter(
            self._pending,
            self._schema,
            compression="zstd",
            use_dictionary=[n for n, of in COLUMNS[kind] if of == "string" and n != "document"],
            write_page_checksum=True,
            sorting_columns=[pq.SortingColumn(0), pq.SortingColumn(1)],
        )

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows, in the order of their keys."""
        self._digest.update(_LINES(rows))
        self._rows += rows
        most = _ROW_GROUP[self._kind]
        while len(self._rows) >= most:
            self._flush(most)

    def finish(self) -> Written:
        """Write to the disk what is left, and read all of it back.

        Raises:
            Unavailable: what is read is not what was written.

        """
        if self._rows or not self._count:
            self._flush(len(self._rows))
        self._writer.close()
        self._pending.chmod(_MODE)
        _sync(self._pending)
        rows, digest = self._read_back()
        if (rows, digest) != (self._count, self._digest.digest()):
            raise Unavailable(
                f"{self._pending} does not hold what was written to it: nothing was taken out of "
                "the database; check the disk and try again"
            )
        with self._pending.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = self._pending.stat().st_size
        return Written(self._kind, self.name, rows, size, sha256)

    def publish(self) -> None:
        """Give the file its name, durably; what an attempt before had left there goes."""
        self._pending.replace(self._folder / self.name)
        _sync(self._folder)

    def abandon(self) -> None:
        """Leave nothing behind of a file that was not published."""
        self._writer.close()
        self._pending.unlink(missing_ok=True)

    def _flush(self, count: int) -> None:
        pa, _ = arrow()
        rows, self._rows = self._rows[:count], self._rows[count:]
        columns = list(zip(*rows, strict=True)) or [()] * len(self._schema)
        arrays = [pa.array(c, f.type) for c, f in zip(columns, self._schema, strict=True)]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema), count or None)
        self._count += count

    def _read_back(self) -> tuple[int, bytes]:
        _, pq = arrow()
        count, digest = 0, hashlib.sha256()
        with pq.ParquetFile(self._pending, page_checksum_verification=True) as file:
            for group in range(file.metadata.num_row_groups):
                columns = [c.to_pylist() for c in file.read_row_group(group).columns]
                rows = list(zip(*columns, strict=True))
                digest.update(_LINES(rows))
                count += len(rows)
        return count, digest.digest()

    def _refuse_foreign(self, pq: ModuleType, origin: str) -> None:
        """Two databases that share a folder would write over each other's months."""
        path = self._folder / self.name
        if not path.exists():
            return
        kept = (pq.read_schema(path).metadata or {}).get(b"penstock.database", b"").decode()
        if kept != origin:
            raise Misconfigured(
                f"{path} is of another database: give each database a folder of its own."
            )


def read_rows(
    path: Path, merchant_id: int | None, order_ids: Sequence[int], columns: Sequence[str]
) -> list[dict[str, Any]]:
    """Read `columns` of orders by key; `merchant_id` None takes any merchant's.

    Of the file only the groups are read whose least and greatest keys leave room for an order, and
    of `columns` only where one was found.

    Raises:
        Unreadable: the file is missing or damaged.

    """
    try:
        return _read_rows(path, merchant_id, frozenset(order_ids), list(columns))
    except (OSError, ValueError) as error:  # pyarrow's errors are both, or one of them
        why = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {error}"
        raise Unreadable(f"the archive's file {path} {why}; restore it from a backup") from error
    except Misconfigured as error:
        raise Unreadable(str(error)) from error


def _read_rows(
    path: Path, merchant_id: int | None, order_ids: frozenset[int], columns: list[str]
) -> list[dict[str, Any]]:
    _, pq = arrow()
    status = path.stat()
    footer, bounds = _footer(path, status.st_size, status.st_mtime_ns)
    groups = [n for n, b in enumerate(bounds) if b and b.may_hold(merchant_id, order_ids)]
    found: list[dict[str, Any]] = []
    with pq.ParquetFile(path, metadata=footer, page_checksum_verification=True) as file:
        for number in groups:
            keys = file.read_row_group(number, ["merchant_id", "order_id"]).to_pydict()
            places = [
                place
                for place, (m, order) in enumerate(
                    zip(keys["merchant_id"], keys["order_id"], strict=True)
                )
                if order in order_ids and merchant_id in {None, m}
            ]
            if places:
                found += file.read_row_group(number, columns).take(places).to_pylist()
    return found


@lru_cache(_KEPT_FOOTERS)
def _footer(path: Path, _size: int, _mtime_ns: int) -> tuple[Any, list[_Bounds | None]]:
    """Read where everything lies in a file: as long as the file is the same, once."""
    footer = arrow()[1].read_metadata(path)
    return footer, [_bounds(footer.row_group(n)) for n in range(footer.num_row_groups)]


def _bounds(group: Any) -> _Bounds | None:
    whose, orders = group.column(0).statistics, group.column(1).statistics
    if whose is None or orders is None or not orders.has_min_max:  # a group of no rows
        return None
    return _Bounds(whose.min, whose.max, orders.min, orders.max)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
