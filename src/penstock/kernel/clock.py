"""Time is an argument: whoever starts a process chooses its clock, and no verb asks the system."""

import mmap
import os
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from penstock.kernel.errors import Misconfigured

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAYOUT = struct.Struct("<q")


class Clock(Protocol):
    """Where the edge of a process gets the time that it hands inwards."""

    def now(self) -> datetime:
        """Return the present as an aware UTC datetime."""
        ...


class SystemClock:
    """The clock of production."""

    def now(self) -> datetime:
        """Return the system's time."""
        return datetime.now(UTC)


class VirtualClock:
    """A clock in a file, so that every process of a simulation lives in the same moment.

    The file holds one aligned 64-bit count of microseconds since 1970; a reader maps it, so
    reading costs no system call and a write is seen at once by all.
    """

    def __init__(self, path: Path, start: datetime | None = None) -> None:
        """Open the clock at `path`; create it at `start` where it does not exist.

        Raises:
            Misconfigured: there is no such file, or no time in it.

        """
        if start is not None and not path.exists():
            path.write_bytes(_LAYOUT.pack((start - _EPOCH) // _MICROSECOND))
        try:
            descriptor = os.open(path, os.O_RDWR)
            try:
                self._memory = mmap.mmap(descriptor, _LAYOUT.size)
            finally:
                os.close(descriptor)
            self.now()
        except (OSError, ValueError, OverflowError) as error:
            raise Misconfigured(
                f"{path} is no clock of a simulation ({error}): remove it, or unset"
                " PENSTOCK_CLOCK_FILE"
            ) from error

    def now(self) -> datetime:
        """Return the virtual time."""
        (microseconds,) = _LAYOUT.unpack_from(self._memory)
        return _EPOCH + timedelta(microseconds=microseconds)

    def set(self, at: datetime) -> None:
        """Move every process that shares this clock to `at`."""
        _LAYOUT.pack_into(self._memory, 0, (at - _EPOCH) // _MICROSECOND)
