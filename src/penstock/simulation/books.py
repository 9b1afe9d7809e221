"""What vendors, shoppers and channels know and Penstock does not: on disk, so it survives a kill.

SQLite, for these are the books of other companies: nothing of Penstock may share them.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

_SCHEMA = """
CREATE TABLE IF NOT EXISTS effect (
    vendor TEXT, effect TEXT, reference TEXT, request BLOB, state TEXT, answer BLOB,
    detail TEXT, asked INTEGER, number TEXT, PRIMARY KEY (vendor, effect, reference)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS effect_number ON effect (number);
CREATE TABLE IF NOT EXISTS booked (
    vendor TEXT, effect TEXT, effects INTEGER, PRIMARY KEY (vendor, effect)
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS effect_booked AFTER INSERT ON effect WHEN new.state = 'done' BEGIN
    INSERT INTO booked VALUES (new.vendor, new.effect, 1)
    ON CONFLICT DO UPDATE SET effects = effects + 1;
END;
CREATE TABLE IF NOT EXISTS report (
    vendor TEXT, event_id TEXT, copy INTEGER, due_us INTEGER, event BLOB, told INTEGER DEFAULT 0,
    PRIMARY KEY (vendor, event_id, copy)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS report_due ON report (due_us) WHERE told = 0;
CREATE TABLE IF NOT EXISTS wish (
    wish TEXT PRIMARY KEY, kind TEXT, merchant TEXT, due_us INTEGER, body BLOB,
    told INTEGER DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS wish_due ON wish (due_us) WHERE told = 0;
CREATE TABLE IF NOT EXISTS acknowledged (
    merchant TEXT, key TEXT, outcome TEXT, detail TEXT, PRIMARY KEY (merchant, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answered (
    merchant TEXT, outcome TEXT, orders INTEGER, PRIMARY KEY (merchant, outcome)
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS acknowledged_answered AFTER INSERT ON acknowledged BEGIN
    INSERT INTO answered VALUES (new.merchant, new.outcome, 1)
    ON CONFLICT DO UPDATE SET orders = orders + 1;
END;
"""
_NAMES_AT_ONCE = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Effect(msgspec.Struct, frozen=True):
    """An effect as the vendor booked it, and how often it was asked for."""

    reference: str
    state: str
    answer: bytes
    detail: str
    asked: int


class Report(msgspec.Struct, frozen=True):
    """Something a vendor will tell at `due_at`; `copy` is 1 for the second telling."""

    vendor: str
    event_id: str
    copy: int
    due_at: datetime
    event: bytes


class Wish(msgspec.Struct, frozen=True):
    """Something a shopper will ask for at `due_at`."""

    wish: str
    kind: str
    merchant: str
    due_at: datetime
    body: bytes


class Books:
    """The file. A process that dies loses nothing that it had written."""

    def __init__(self, path: Path) -> None:
        """Open or create the books."""
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")  # one process: no locks to ask for
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def effect(self, vendor: str, effect: str, reference: str) -> Effect | None:
        """Return what the vendor booked under a reference."""
        row = self._db.execute(
            "SELECT reference, state, answer, detail, asked FROM effect"
            " WHERE vendor = ? AND effect = ? AND reference = ?",
            (vendor, effect, reference),
        ).fetchone()
        return None if row is None else Effect(*row)

    def book(
        self,
        vendor: str,
        effect: str,
        rows: Iterable[tuple[str, bytes, str, bytes, str, str]],
        reports: Iterable[Report] = (),
    ) -> None:
        """Book effects (reference, request, state, answer, detail, number) and what follows."""
        with self._db:
            self._db.execute("BEGIN")
            self._db.executemany(
                "INSERT INTO effect (vendor, effect, reference, request, state, answer, detail,"
                " number, asked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)"
                " ON CONFLICT DO UPDATE SET asked = asked + 1",
                [(vendor, effect, *row) for row in rows],
            )
            self._add_reports(reports)

    def requests(self, vendor: str, effect: str, references: Sequence[str]) -> list[bytes]:
        """Return the requests that were booked as done under these references."""
        marks = ",".join("?" * len(references))
        rows = self._db.execute(
            f"SELECT request FROM effect WHERE vendor = ? AND effect = ? AND state = 'done'"  # noqa: S608  only question marks are put in
            f" AND reference IN ({marks}) ORDER BY reference",
            (vendor, effect, *references),
        )
        return [row[0] for row in rows]

    def labelled(self, vendor: str, tracking_numbers: Sequence[str]) -> dict[str, bytes]:
        """Return the requests that got these tracking numbers, by number."""
        found: dict[str, bytes] = {}
        for start in range(0, len(tracking_numbers), _NAMES_AT_ONCE):
            some = tracking_numbers[start : start + _NAMES_AT_ONCE]
            marks = ",".join("?" * len(some))
            found |= self._db.execute(
                f"SELECT number, request FROM effect WHERE number IN ({marks}) AND +vendor = ?",  # noqa: S608  only question marks are put in
                (*some, vendor),
            )
        return found

    def counts(self) -> dict[tuple[str, str], int]:
        """Return the number of done effects by vendor and effect."""
        rows = self._db.execute("SELECT vendor, effect, effects FROM booked")
        return {(row[0], row[1]): row[2] for row in rows}

    def add_reports(self, reports: Iterable[Report]) -> None:
        """Note what will be told; what is noted already stays as it is."""
        with self._db:
            self._db.execute("BEGIN")
            self._add_reports(reports)

    def _add_reports(self, reports: Iterable[Report]) -> None:
        self._db.executemany(
            "INSERT OR IGNORE INTO report (vendor, event_id, copy, due_us, event)"
            " VALUES (?, ?, ?, ?, ?)",
            [(r.vendor, r.event_id, r.copy, _us(r.due_at), r.event) for r in reports],
        )

    def due_reports(self, at: datetime) -> list[Report]:
        """Return what is to be told by `at`, in the order in which it becomes due."""
        rows = self._db.execute(
            "SELECT vendor, event_id, copy, due_us, event FROM report"
            " WHERE told = 0 AND due_us <= ? ORDER BY due_us, vendor, event_id, copy",
            (_us(at),),
        )
        return [Report(r[0], r[1], r[2], _at(r[3]), r[4]) for r in rows]

    def told_reports(self, vendor: str, at: datetime) -> None:
        """Note that a vendor has told all that it had to tell by `at`."""
        self._db.execute(
            "UPDATE report SET told = 1 WHERE told = 0 AND due_us <= ? AND vendor = ?",
            (_us(at), vendor),
        )

    def add_wishes(self, wishes: Iterable[Wish]) -> None:
        """Note what shoppers will ask for."""
        with self._db:
            self._db.execute("BEGIN")
            self._db.executemany(
                "INSERT OR IGNORE INTO wish (wish, kind, merchant, due_us, body)"
                " VALUES (?, ?, ?, ?, ?)",
                [(w.wish, w.kind, w.merchant, _us(w.due_at), w.body) for w in wishes],
            )

    def due_wishes(self, kind: str, at: datetime) -> list[Wish]:
        """Return what shoppers ask for by `at`."""
        rows = self._db.execute(
            "SELECT wish, kind, merchant, due_us, body FROM wish"
            " WHERE told = 0 AND kind = ? AND due_us <= ? ORDER BY due_us, wish",
            (kind, _us(at)),
        )
        return [Wish(r[0], r[1], r[2], _at(r[3]), r[4]) for r in rows]

    def told_wishes(self, wishes: Iterable[Wish]) -> None:
        """Note that these were asked for."""
        with self._db:
            self._db.execute("BEGIN")
            self._db.executemany(
                "UPDATE wish SET told = 1 WHERE wish = ?", [(w.wish,) for w in wishes]
            )

    def acknowledge(self, merchant: str, answers: Iterable[tuple[str, str, str]]) -> int:
        """Keep what was answered to a channel: (key, outcome, detail); return how many are new.

        Raises:
            AssertionError: an order was answered differently before.

        """
        with self._db:
            self._db.execute("BEGIN")
            new = 0
            for key, outcome, detail in answers:
                row = self._db.execute(
                    "SELECT outcome FROM acknowledged WHERE merchant = ? AND key = ?",
                    (merchant, key),
                ).fetchone()
                assert row is None or row[0] == outcome, f"{key}: {row[0]}, then {outcome}"
                if row is None:
                    self._db.execute(
                        "INSERT INTO acknowledged VALUES (?, ?, ?, ?)",
                        (merchant, key, outcome, detail),
                    )
                    new += 1
            return new

    def acknowledged(self) -> dict[tuple[str, str], int]:
        """Return how many orders were answered, by merchant and outcome."""
        rows = self._db.execute("SELECT merchant, outcome, orders FROM answered")
        return {(row[0], row[1]): row[2] for row in rows}

    def turned_away(self) -> list[tuple[str, int, str]]:
        """Return why channels' orders were refused: reason, orders, and an example in words."""
        rows = self._db.execute(
            "SELECT outcome, count(*), min(key || coalesce(nullif(': ' || detail, ': '), ''))"
            " FROM acknowledged WHERE outcome <> 'accepted' GROUP BY outcome ORDER BY outcome"
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def next_due_at(self) -> datetime | None:
        """Return when the next thing is told or asked for."""
        (earliest,) = self._db.execute(
            "SELECT min(due_us) FROM (SELECT min(due_us) AS due_us FROM report WHERE told = 0"
            " UNION ALL SELECT min(due_us) FROM wish WHERE told = 0)"
        ).fetchone()
        return None if earliest is None else _at(earliest)


def _us(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _at(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)
