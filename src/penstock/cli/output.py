"""Where a command's words go: any letter gets out, and what cannot be written is said."""

import contextlib
import errno
import io
import os
import sys

import msgspec

_ENCODE = msgspec.json.Encoder(decimal_format="number").encode
_WHOLE = {"utf-8", "utf8"}
"""What encodings are called that have every letter."""
_UNWRITTEN = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}


def print_line(line: str) -> None:
    """Print a line that is never folded, coloured or marked up: it is for a pipe."""
    sys.stdout.write(f"{line}\n")


def print_json(told: object) -> None:
    """Print a value as one line of JSON, exact numbers as numbers."""
    print_line(_ENCODE(told).decode())


def write_any_letter() -> None:
    """Let names, places and dashes out where the locale has no letters for them.

    A terminal shows a question mark; what goes to a file or a program is UTF-8, as JSON must be.
    """
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper) or stream.encoding.lower() in _WHOLE:
            continue
        if stream.isatty():
            stream.reconfigure(errors="replace")
        else:
            stream.reconfigure(encoding="utf-8")


def told(problem: OSError) -> str:
    """Say in one line what the system would not do, and to which file."""
    what = problem.strerror or str(problem)
    if problem.filename is not None:
        return f"{what}: {problem.filename}"
    if problem.errno in _UNWRITTEN:
        return f"{what}: what was to be printed is lost; make room, and ask for it again"
    return what


def forget_output() -> None:
    """Drop what is still to be written, or the interpreter would fail over it once more."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
