"""The order in which a picker walks: through the aisles in turn, up one and down the next."""

import re
from collections.abc import Iterable

_BIN = re.compile(r"([A-Z]+|[0-9]+)-([0-9]+)-([0-9]+)", re.ASCII | re.IGNORECASE)


def walk(bins: Iterable[str]) -> list[str]:
    """Return the distinct bins in S-shape: the first visited aisle up its bays, the next down.

    A bin is read as aisle-bay-level ("A-03-07"; aisles A … Z, AA …, or numbers). Only aisles with
    a pick are entered, and each is left at its far end, where the next begins; at one bay the
    lowest level comes first. A bin of another form has no place in an aisle and is fetched last,
    by its text. Rule: the S-shape (traversal) heuristic of Hall (1993), "Distance approximations
    for routing manual pickers in a warehouse".
    """
    aisles: dict[tuple[int, str], list[tuple[int, int, str]]] = {}
    elsewhere = []
    for name in sorted(set(bins)):
        if match := _BIN.fullmatch(name):
            aisles.setdefault(_aisle(match[1]), []).append((int(match[2]), int(match[3]), name))
        else:
            elsewhere.append(name)
    walked: list[str] = []
    for turn, aisle in enumerate(sorted(aisles)):
        direction = 1 if turn % 2 == 0 else -1
        walked += [name for *_, name in sorted(aisles[aisle], key=lambda b: (direction * b[0], b))]
    return walked + elsewhere


def _aisle(text: str) -> tuple[int, str]:
    """Return what sorts 2 before 10 and Z before AA."""
    if text.isdecimal():
        return int(text), ""
    number = 0
    for letter in text.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number, "lettered"
