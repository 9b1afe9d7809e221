"""Hand in a photograph or a document with an appeal."""

import hashlib
from datetime import datetime
from typing import Final

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.appeals.moves import locked
from penstock.kernel.errors import Conflict, FieldError, Invalid, TooLarge

FILE_MAX_BYTES: Final = 2_000_000
FILES_MAX: Final = 20
_SIGNATURES: Final = {
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "application/pdf": b"%PDF-",
}
"""How a file of each type that is taken begins: its name is not believed."""


class FileAdded(msgspec.Struct, frozen=True, kw_only=True):
    """A file of an appeal, known by the digest of its content."""

    appeal_id: int
    sha256: str
    media_type: str
    bytes: int


class FileShown(msgspec.Struct, frozen=True):
    """A file with its content."""

    title: str
    media_type: str
    sha256: str
    content: bytes


@query
async def store_file(
    tx: Transaction,
    *,
    merchant_id: int,
    appeal_id: int,
    sha256: str,
    title: str,
    media_type: str,
    content: bytes,
    added_at: datetime,
) -> int | None:
    """Store a file, the same content once, and count the appeal's other files."""


@query
async def files_of(tx: Transaction, *, merchant_id: int, appeal_id: int) -> list[FileShown]:
    """Read an appeal's files, in the order in which they were handed in."""


async def add_file(
    tx: Transaction, merchant_id: int, appeal_id: int, title: str, content: bytes, now: datetime
) -> FileAdded:
    """Add a JPEG, PNG or PDF to an appeal that waits; the same content twice is one file.

    Raises:
        NotFound: no such appeal.
        Conflict: it is decided or withdrawn.
        TooLarge: the file, or one file too many.
        Invalid: another type of file, or a title that nobody can read.

    """
    if len(content) > FILE_MAX_BYTES:
        raise TooLarge(f"a file has at most {FILE_MAX_BYTES:,} bytes: make the picture smaller")
    kind = next((k for k, begins in _SIGNATURES.items() if content.startswith(begins)), None)
    if kind is None:
        raise _wrong("", f"send one of: {', '.join(_SIGNATURES)}")
    if not title.strip() or len(title) > 200 or not title.isprintable():
        raise _wrong("title", "give the file a title in one line of at most 200 characters")
    appeal = await locked(tx, merchant_id, appeal_id)
    if appeal.status not in {"filed", "reopened"}:
        raise Conflict(f"appeal {appeal_id} is {appeal.status}: nothing can be added to it")
    digest = hashlib.sha256(content).hexdigest()
    others = await store_file(
        tx,
        merchant_id=merchant_id,
        appeal_id=appeal_id,
        sha256=digest,
        title=title.strip(),
        media_type=kind,
        content=content,
        added_at=now,
    )
    if (others or 0) >= FILES_MAX:
        raise TooLarge(f"an appeal has at most {FILES_MAX} files")
    return FileAdded(appeal_id=appeal_id, sha256=digest, media_type=kind, bytes=len(content))


def _wrong(name: str, detail: str) -> Invalid:
    return Invalid(detail, errors=(FieldError(f"/{name}" if name else "", "bad_file", detail),))
