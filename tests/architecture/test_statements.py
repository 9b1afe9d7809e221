"""PostgreSQL confirms every declared statement: its parameters, its columns, their types."""

import ast
import collections.abc
import importlib
import inspect
import pkgutil
import sys
import types
import typing
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pglast import ast as sql
from pglast import parse_sql

import penstock
from penstock.db.query import QUERIES, Query

PACKAGE = Path(penstock.__file__).parent
MIGRATIONS = sorted((PACKAGE / "db/migrations").glob("*.sql"))
UNLOADED: dict[str, Exception] = {}
for module in pkgutil.walk_packages([str(PACKAGE)], "penstock."):
    if not module.name.endswith("__main__"):
        try:
            importlib.import_module(module.name)
        except Exception as error:  # noqa: BLE001  told by a test of its own, for each module
            UNLOADED[module.name] = error
DECLARED = sorted((q for q in QUERIES if q.path.is_relative_to(PACKAGE)), key=lambda q: q.name)

PYTHON = {
    "int2": int, "int4": int, "int8": int, "oid": int,
    "bool": bool, "float4": float, "float8": float, "numeric": Decimal,
    "text": str, "varchar": str, "name": str, "json": str, "jsonb": str, "bytea": bytes,
    "timestamptz": datetime, "date": date, "time": time, "interval": timedelta,
}  # fmt: skip
"""What the driver gives and takes. Zoneless timestamps are missing on purpose."""
CLOCKS = set(
    "now clock_timestamp statement_timestamp transaction_timestamp timeofday pg_sleep random"
    " random_normal setseed gen_random_uuid uuidv4 uuidv7".split()
)
TIME_WORDS = {"now", "today", "tomorrow", "yesterday"}


def hints(query: Query) -> dict[str, typing.Any]:
    """The annotations of a declaration, whose function the loader has replaced."""
    module_name, _, name = query.name.rpartition(".")
    module = sys.modules[module_name]
    (found,) = (
        node
        for node in ast.parse(inspect.getsource(module)).body
        if isinstance(node, ast.AsyncFunctionDef) and node.name == name
    )
    annotations = {a.arg: a.annotation for a in found.args.kwonlyargs} | {"return": found.returns}
    return {key: eval(ast.unparse(node), vars(module)) for key, node in annotations.items()}


def fits(annotation: typing.Any, type_name: str) -> bool:
    """Whether a value of the PostgreSQL type is one of the annotated type."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in {types.UnionType, typing.Union}:
        return all(fits(part, type_name) for part in arguments if part is not types.NoneType)
    if origin is typing.Literal:
        return all(fits(type(value), type_name) for value in arguments)
    if origin in {list, collections.abc.Sequence}:
        return type_name.endswith("[]") and fits(arguments[0], type_name.removesuffix("[]"))
    if isinstance(annotation, typing.NewType):
        return fits(annotation.__supertype__, type_name)
    return PYTHON.get(type_name) is annotation


def nodes(tree):
    """Every node of a parsed statement."""
    if isinstance(tree, sql.Node):
        yield tree
        tree = [getattr(tree, member) for member in tree]
    if isinstance(tree, tuple | list):
        for branch in tree:
            yield from nodes(branch)


def clocks(statement: str) -> list[str]:
    """What in a statement asks the server for the time, or for chance."""
    found = []
    for node in nodes(parse_sql(statement)):
        match node:
            case sql.FuncCall():
                name = node.funcname[-1].sval
                if name in CLOCKS or (name == "age" and len(node.args) == 1):
                    found.append(f"{name}()")
            case sql.SQLValueFunction() if (
                "CURRENT_" in node.op.name or "LOCALTIME" in node.op.name
            ):
                found += [] if "ROLE" in node.op.name or "USER" in node.op.name else [node.op.name]
            case sql.A_Const(val=sql.String(sval=word)) if word.lower() in TIME_WORDS:
                found.append(f"'{word}'")
    return found


@pytest.mark.parametrize("query", DECLARED, ids=lambda q: q.name.removeprefix("penstock."))
async def test_postgresql_agrees_with_a_declaration(query, tx):
    annotations = hints(query)
    prepared = await tx._connection.prepare(query.sql)
    parameters = [parameter.name for parameter in prepared.get_parameters()]
    columns = {column.name: column.type.name for column in prepared.get_attributes()}
    where = query.path.name
    assert len(parameters) == len(query.parameters), f"{where} takes {parameters}"
    for name, type_name in zip(query.parameters, parameters, strict=True):
        wish = annotations[name]
        assert fits(wish, type_name), f"{where}: {name} is {type_name}, declared as {wish}"
    if query.row is not None:
        fields = typing.get_type_hints(query.row)
        order = query.row.__struct_fields__
        assert tuple(columns) == order, f"{where} answers {tuple(columns)}, its row has {order}"
        for name, type_name in columns.items():
            wish = fields[name]
            assert fits(wish, type_name), f"{where}: {name} is {type_name}, declared as {wish}"
    elif query.shape != "nothing":
        wish = typing.get_args(annotations["return"])[0]
        assert len(columns) == 1, f"{where} answers {list(columns)}, declared as one {wish}"
        (type_name,) = columns.values()
        assert fits(wish, type_name), f"{where} answers {type_name}, declared as {wish}"


@pytest.mark.parametrize("query", DECLARED, ids=lambda q: q.name.removeprefix("penstock."))
async def test_a_worker_may_run_a_statement(query, tx):
    prepared = await tx._connection.prepare(query.sql)
    nulls = f"({', '.join(['NULL'] * len(query.parameters))})" if query.parameters else ""
    await tx.fetch(f'EXPLAIN EXECUTE "{prepared.get_name()}"{nulls}')  # asks for its privileges


def test_every_module_can_be_imported():
    assert not UNLOADED, f"{UNLOADED}"


def test_every_sql_file_is_declared():
    files = set(PACKAGE.rglob("*.sql")) - set(MIGRATIONS)
    orphans = sorted(str(path.relative_to(PACKAGE)) for path in files - {q.path for q in DECLARED})
    assert not orphans, f"{orphans}: declare or delete them"


@pytest.mark.parametrize("query", DECLARED, ids=lambda q: q.name.removeprefix("penstock."))
def test_time_is_an_argument(query):
    found = clocks(query.sql)
    assert not found, f"{query.path.name} asks for {found}: take it as a parameter"


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.name)
def test_no_default_of_a_column_asks_for_the_time(path):
    assert not clocks(path.read_text("utf-8"))


@pytest.mark.parametrize("query", DECLARED, ids=lambda q: q.name.removeprefix("penstock."))
def test_what_is_cut_is_ordered(query):
    for node in nodes(parse_sql(query.sql)):
        if isinstance(node, sql.SelectStmt) and node.limitCount:
            assert node.sortClause, f"{query.path.name}: LIMIT without ORDER BY gives any rows"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT now()",
        "SELECT current_timestamp",
        "SELECT CURRENT_DATE",
        "SELECT localtime",
        "UPDATE t SET at = clock_timestamp() WHERE true",
        "SELECT * FROM t WHERE at < 'now'::timestamptz",
        "SELECT timestamptz 'today'",
        "SELECT age(at) FROM t",
        "SELECT * FROM t ORDER BY random()",
        "INSERT INTO t VALUES (gen_random_uuid())",
        "CREATE TABLE t (at timestamptz DEFAULT now())",
    ],
)
def test_a_planted_clock_is_caught(statement):
    assert len(clocks(statement)) == 1


def test_roles_and_ages_between_two_times_are_no_clocks():
    assert clocks("SELECT current_user, current_role, age(a, b), 'nowhere' FROM t") == []


@pytest.mark.parametrize(
    ("annotation", "type_name", "answer"),
    [
        (int, "int8", True),
        (int | None, "int4", True),
        (int, "numeric", False),
        (datetime, "date", False),
        (datetime, "timestamp", False),
        (list[str | None], "text[]", True),
        (list[int], "int4", False),
        (typing.Literal["a", "b"], "text", True),
        (typing.Literal["a", "b"], "int4", False),
    ],
)
def test_fits(annotation, type_name, answer):
    assert fits(annotation, type_name) is answer
