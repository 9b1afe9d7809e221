"""SQL as typed declarations: a `.sql` file and a Python signature of the same name, bound here.

The file uses psql's named parameters (`:as_of::timestamptz`), so it runs as it stands in psql,
EXPLAIN and pgbench. The declaration says what goes in and what comes out:

    @query
    async def claim(tx: Transaction, *, kind: str, now: datetime) -> list[Claimed]:
        \"\"\"Take the subjects that are due.\"\"\"

A parameter that one side has and the other lacks fails at import; that PostgreSQL agrees with
names and types is tested by preparing every statement.
"""

import inspect
import re
import types
import typing
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar, get_args, get_origin

import msgspec

from penstock.db.transaction import Transaction

TOKEN = re.compile(
    r"""
      (?P<skip> --[^\n]* | /\*.*?\*/ | '(?:[^']|'')*' | "(?:[^"]|"")*" | :: )
    | :(?P<name>[a-z_][a-z0-9_]*)
    """,
    re.VERBOSE | re.DOTALL,
)
"""A named parameter, or what must not be searched for one."""

P = ParamSpec("P")
R = TypeVar("R")
Shape = Literal["rows", "row", "scalars", "scalar", "nothing"]


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """A bound statement: `sql` with `$1…`, its parameter names in that order, its row type."""

    name: str
    path: Path
    sql: str
    sql_named: str
    parameters: tuple[str, ...]
    shape: Shape
    row: type[Any] | None


QUERIES: list[Query] = []
"""Every statement that has been declared, for the tests that prepare and explain them."""


_DECLARED: dict[Callable[..., Awaitable[Any]], Query] = {}


def declared(verb: Callable[..., Awaitable[Any]]) -> Query:
    """Return the statement that a declaration has become; KeyError if it is none."""
    return _DECLARED[verb]


def positional(sql: str) -> tuple[str, tuple[str, ...]]:
    """Turn `:name` into `$n`; return the statement and the names in the order of their numbers."""
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return match[0]
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return TOKEN.sub(number, sql), tuple(names)


def query(declaration: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Bind a declaration to the `.sql` file of its own name beside it.

    The return annotation chooses the shape: `list[Row]` (a Struct whose fields are the columns,
    in order), `Row | None`, `list[scalar]`, `scalar | None` (first column of the first row), or
    `None` for a statement that answers nothing.

    Raises:
        TypeError: parameters of file and signature differ, or the return type has no shape.

    """
    bound = _bind(declaration)
    QUERIES.append(bound)
    checked = bound.row is None

    async def run(tx: Transaction, **arguments: Any) -> Any:
        nonlocal checked
        records = await tx.fetch(bound.sql, *[arguments[name] for name in bound.parameters])
        if not checked and records:
            columns, fields = tuple(records[0].keys()), _fields(bound.row)
            assert columns == fields, f"{bound.path.name}: columns {columns}, fields {fields}"
            checked = True
        return _shaped(bound, records)

    run.__name__, run.__doc__ = declaration.__name__, declaration.__doc__
    run.__module__ = declaration.__module__
    run.__wrapped__ = declaration  # type: ignore[attr-defined]  # where inspect looks
    _DECLARED[run] = bound
    return typing.cast("Callable[P, Awaitable[R]]", run)


def _bind(declaration: Callable[..., Any]) -> Query:
    name = declaration.__name__
    path = Path(inspect.getfile(declaration)).with_name(f"{name}.sql")
    named = path.read_text("utf-8")
    sql, parameters = positional(named)
    declared = {
        parameter.name
        for parameter in inspect.signature(declaration).parameters.values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
    if declared != set(parameters):
        raise TypeError(
            f"{path.name}: declared but not in the file: {sorted(declared - set(parameters))}; "
            f"in the file but not declared: {sorted(set(parameters) - declared)}"
        )
    shape, row = _shape_of(typing.get_type_hints(declaration)["return"], path)
    return Query(
        name=f"{declaration.__module__}.{name}",
        path=path,
        sql=sql,
        sql_named=named,
        parameters=parameters,
        shape=shape,
        row=row,
    )


def _shape_of(annotation: Any, path: Path) -> tuple[Shape, type[Any] | None]:
    if annotation is type(None):
        return "nothing", None
    if get_origin(annotation) is list:
        (item,) = get_args(annotation)
        return ("rows", item) if _is_struct(item) else ("scalars", None)
    if get_origin(annotation) in {types.UnionType, typing.Union}:
        item, nothing = get_args(annotation)
        if nothing is type(None):
            return ("row", item) if _is_struct(item) else ("scalar", None)
    raise TypeError(f"{path.name}: return list[Row], Row | None, list[scalar], scalar | None, None")


def _is_struct(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)


def _fields(row: type[Any] | None) -> tuple[str, ...]:
    return () if row is None else tuple(row.__struct_fields__)


def _shaped(bound: Query, records: list[Any]) -> Any:
    row = bound.row
    match bound.shape:
        case "rows":
            assert row is not None
            return [row(*record) for record in records]
        case "row":
            assert row is not None
            return row(*records[0]) if records else None
        case "scalars":
            return [record[0] for record in records]
        case "scalar":
            return records[0][0] if records else None
        case "nothing":
            return None
