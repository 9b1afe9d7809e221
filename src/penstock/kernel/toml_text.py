"""TOML that somebody hands in: whatever makes it unreadable is one sentence with a line."""

import re
import tomllib
from decimal import Decimal, InvalidOperation
from typing import Any

_DEPTH_MAX = 50
_LINE = re.compile(r"line (\d+)")
_ENDLESS = re.compile(r"[0-9A-Fa-f_]{1000}|[eE][+-]?[0-9_]{10}")


class NotToml(ValueError):  # noqa: N818  what it is of, not a fault of ours
    """A text is no TOML: at which line, and what is wrong there."""

    def __init__(self, line: int, what: str) -> None:
        """Keep where and what."""
        super().__init__(what)
        self.line = line
        self.what = what


def read_toml(text: str, *, exact: bool = False) -> dict[str, Any]:
    """Read a document; with `exact`, numbers with a fraction as decimals.

    `tomllib` says by errors of four kinds that it cannot read a text; three of them are the
    interpreter's own, for it sets no limit to nesting or digits itself.

    Raises:
        NotToml: the text is no TOML, is nested too deeply, or has a number of too many digits.

    """
    try:
        read = tomllib.loads(without_mark(text), parse_float=Decimal if exact else float)
    except tomllib.TOMLDecodeError as error:
        at = _LINE.search(str(error))
        raise NotToml(int(at[1]) if at else len(text.splitlines()), str(error)) from error
    except RecursionError as error:
        raise NotToml(1, "nested too deeply") from error
    except (ValueError, InvalidOperation) as error:
        endless = _ENDLESS.search(text)
        line = text.count("\n", 0, endless.start()) + 1 if endless else 1
        raise NotToml(line, "a number has too many digits: write a shorter one") from error
    if _deep(read):
        raise NotToml(1, "nested too deeply")
    return read


def without_mark(text: str) -> str:
    """Leave out the byte-order mark that some editors put first, and TOML does not know."""
    return text.removeprefix("\ufeff")


def _deep(read: Any) -> bool:
    level = [read]
    for _ in range(_DEPTH_MAX):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
