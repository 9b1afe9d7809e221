"""Words read on orders that are in no table: their SQL, evaluated over columns of numbers.

Times and durations are microseconds, times since 1970; NaN is null, as is an empty text.
Comparisons with null are false, which is what they are to CASE. It reads what most words are
written in and no more: one that needs a time zone is not readable, which is said, not guessed.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache, reduce
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from penstock.experience.words.vocabulary import WORDS

Value = NDArray[Any]
Evaluate = Callable[["Orders"], Value]
Fold = Callable[[Value, Value], Value]


class UnreadableError(ValueError):
    """A text that is not written in what is read here."""


class Orders(dict[str, Value]):
    """Columns by name, an element an order; moments are added as they are asked for.

    What a metric asks (`excluding`, `faults`) are words for all orders.
    """

    def __missing__(self, name: str) -> Value:
        """Reckon a moment, once."""
        self[name] = read(WORDS.moment[name]).value(self)
        return self[name]


class Reading(msgspec.Struct, frozen=True):
    """What a text says of orders, and the columns that it takes to say it."""

    columns: frozenset[str]
    value: Evaluate


def readable(sql: str, columns: frozenset[str]) -> bool:
    """Tell whether `sql` can be read on orders of which these columns are known."""
    try:
        return read(sql).columns <= columns
    except UnreadableError:
        return False


@cache
def read(sql: str) -> Reading:
    """Read `sql`.

    Raises:
        UnreadableError: it is not written in what is read here.

    """
    reader = _Reader(sql)
    value = reader.either()
    reader.take("")
    return Reading(frozenset(reader.columns), value)


def _null(value: Value) -> Value:
    if value.dtype.kind == "U":
        return np.asarray(value == "")
    return np.isnan(value) if value.dtype.kind == "f" else np.zeros_like(value)


def _joined(a: Value, b: Value) -> Value:
    return np.where(_null(a) | _null(b), "", np.char.add(a, b))


_TOKEN: Final = re.compile(r"\s*('[^']*'|[A-Za-z_]+|<=|>=|\|\||[-+<>=(),])\s*")
_CONSTANTS: Final = {"NULL": np.nan, "'infinity'": np.inf, "false": False}
_COMPARE: Final[Mapping[str, Fold]] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "=": np.equal,
}  # fmt: skip
_FOLDS: Final[Mapping[str, Fold]] = {
    "least": np.fmin,
    "greatest": np.fmax,
    "coalesce": lambda a, b: np.where(_null(a), b, a),
}
_MINUTE_US: Final = 60e6


class _Reader:
    """Reads one text by recursive descent: each method what binds tighter than the one before."""

    def __init__(self, sql: str) -> None:
        self._tokens = _TOKEN.findall(sql)
        self.columns: set[str] = set()
        if _TOKEN.sub("", sql):
            raise UnreadableError(sql)

    def take(self, *wanted: str) -> str:
        """Go past the next piece, one of those wanted, where any are."""
        piece = self._next()
        if wanted and piece not in wanted:
            raise UnreadableError(f"{piece!r} instead of {' or '.join(wanted)}")
        del self._tokens[:1]
        return piece

    def either(self) -> Evaluate:
        return self._folded({"OR": np.logical_or}, self._both)

    def _both(self) -> Evaluate:
        return self._folded({"AND": np.logical_and}, self._compared)

    def _compared(self) -> Evaluate:
        left, sign = self._sum(), self._next()
        if sign == "IS":
            self.take()
            null = self.take("NOT", "NULL") == "NULL" or not self.take("NULL")
            return lambda orders: _null(left(orders)) == null
        if sign == "IN":
            self.take()
            listed = self._listed()
            return lambda orders: np.isin(left(orders), [word(orders) for word in listed])
        if sign not in _COMPARE:
            return left
        self.take()
        if self._next() == "ANY":
            self.take()
            (asked,) = self._listed()
            return lambda orders: np.isin(left(orders), asked(orders))
        return _of_two(_COMPARE[sign], left, self._sum())

    def _sum(self) -> Evaluate:
        return self._folded({"+": np.add, "-": np.subtract, "||": _joined}, self._one)

    def _one(self) -> Evaluate:
        piece = self.take()
        if piece == "(":
            inner = self.either()
            self.take(")")
            return inner
        if piece == "CASE":
            return self._case()
        if piece == "interval":
            amount = float(self.take().strip("'").removesuffix(" minutes"))
            return _constant(amount * _MINUTE_US)
        if piece == "extract":
            for word in ("(", "epoch", "FROM"):
                self.take(word)
            lasted = self.either()
            self.take(")")
            return lambda orders: lasted(orders) / 1e6
        if piece in _FOLDS:
            parts = self._listed()
            return lambda orders: reduce(_FOLDS[piece], [part(orders) for part in parts])
        return self._named(piece)

    def _named(self, piece: str) -> Evaluate:
        if piece in _CONSTANTS or piece.startswith("'"):
            return _constant(_CONSTANTS.get(piece, piece.strip("'")))
        if not piece.islower():
            raise UnreadableError(f"{piece!r} instead of a name")
        moment = WORDS.moment.get(piece)
        self.columns |= {piece} if moment is None else read(moment).columns
        return lambda orders: orders[piece]

    def _case(self) -> Evaluate:
        branches: list[tuple[Evaluate, Evaluate]] = []
        while (word := self.take("WHEN", "ELSE", "END")) == "WHEN":
            condition = self.either()
            self.take("THEN")
            branches.append((condition, self.either()))
        otherwise = None
        if word == "ELSE":
            otherwise = self.either()
            self.take("END")

        def chosen(orders: Orders) -> Value:
            values = [(condition(orders), value(orders)) for condition, value in branches]
            nothing = "" if values[0][1].dtype.kind == "U" else np.nan
            result = np.asarray(nothing) if otherwise is None else otherwise(orders)
            for holds, value in reversed(values):
                result = np.where(holds, value, result)
            return result

        return chosen

    def _listed(self) -> list[Evaluate]:
        self.take("(")
        parts = [self.either()]
        while self.take(",", ")") == ",":
            parts.append(self.either())
        return parts

    def _folded(self, signs: Mapping[str, Fold], part: Callable[[], Evaluate]) -> Evaluate:
        value = part()
        while (sign := self._next()) in signs:
            self.take()
            value = _of_two(signs[sign], value, part())
        return value

    def _next(self) -> str:
        return self._tokens[0] if self._tokens else ""


def _of_two(fold: Fold, left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda orders: fold(left(orders), right(orders))


def _constant(value: float | str) -> Evaluate:
    held = np.asarray(value)
    return lambda _: held
