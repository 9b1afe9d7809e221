"""Where in a TOML text each key stands; `tomllib` reads values and forgets their lines."""

import re

Path = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_NAME = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_KEY = re.compile(rf"^\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*=(.*)$")
_TOKEN = re.compile(
    r'''"""[\s\S]*?(?:"""|\Z)|\'\'\'[\s\S]*?(?:\'\'\'|\Z)|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|\#[^\n]*|[\[\]{}]'''
)
_LONG = ('"""', "'''")
_OPENING = ("[", "{", *_LONG)


def lines(text: str) -> dict[Path, int]:
    """Map the path of each table, key and array item of a valid TOML text to its line, from 1."""
    found: dict[Path, int] = {(): 1}
    arrays: dict[Path, int] = {}
    table: Path = ()
    skip_to = 0
    rows = text.split("\n")
    for number, row in enumerate(rows, 1):
        if number <= skip_to:
            continue
        if header := _HEADER.match(row):
            table = _entered(_keys(header[2]), header[1] == "[[", arrays)
            found[table] = number
        elif key := _KEY.match(row):
            path = table + _keys(key[1])
            found[path] = number
            skip_to = number
            if any(mark in key[2] for mark in _OPENING):
                skip_to = _value(key[2], rows, number, path, found)
    return found


def line_of(found: dict[Path, int], path: Path) -> int:
    """Return the line of `path`, or of the nearest part above it that has one."""
    while path not in found:
        path = path[:-1]
    return found[path]


def _keys(dotted: str) -> Path:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _entered(keys: Path, is_array: bool, arrays: dict[Path, int]) -> Path:
    path: Path = ()
    for position, key in enumerate(keys):
        path = (*path, key)
        if is_array and position == len(keys) - 1:
            arrays[path] = arrays.get(path, -1) + 1
        if path in arrays:
            path = (*path, arrays[path])
    return path


def _value(begun: str, rows: list[str], first: int, path: Path, found: dict[Path, int]) -> int:
    """Note the line of each item of an array value; return the line on which the value ends.

    `begun` stands behind the equals sign on row `first`, and is followed by `rows[first:]`. They
    are read piece by piece, each twice as long as the one before, so that a long text is not read
    again for each of its keys.
    """
    more = 0
    while True:
        ended, items, last = _scanned("\n".join([begun, *rows[first : first + more]]))
        if ended or first + more >= len(rows):
            break
        more = 2 * more + 1
    found.update({(*path, item): first + row for item, row in enumerate(items)})
    return first + last


def _scanned(text: str) -> tuple[bool, list[int], int]:
    """Return whether a value ends within `text`, its items' rows from 0, and the row it ends on."""
    depth, position, items = 0, 0, list[int]()
    end = text.find("\n")
    for token in _TOKEN.finditer(text):
        if depth == 0 and token.start() > end >= 0:
            break
        if token[0][:3] in _LONG and not (len(token[0]) > 5 and token[0].endswith(token[0][:3])):
            return False, items, 0
        position = token.end()
        if token[0] in "[{":
            depth += 1
            if depth == 2:
                items.append(text.count("\n", 0, token.start()))
        elif token[0] in "]}":
            depth -= 1
        end = text.find("\n", position)
        if depth == 0 and token[0] in "]}":
            break
    return depth == 0, items, text.count("\n", 0, position)
