"""A stage's SQL writes and locks only its own tables, and reads others' only where published."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pglast import ast, parse_sql

from penstock.db.query import positional

PACKAGE = Path(__file__).parents[2] / "src/penstock"
MIGRATIONS = sorted((PACKAGE / "db/migrations").glob("*.sql"))
STATEMENTS = sorted(set(PACKAGE.rglob("*.sql")) - set(MIGRATIONS))
OWNED: dict[str, set[str]] = {
    "lifecycle": {"lifecycle", "outbox"},  # a move and its announcement are one statement
    "db": {"outbox"},  # passes announcements on
    "api": set(),  # these four act through the verbs
    "cli": set(),
    "console": set(),
    "simulation": set(),
}
"""Schemas that a package's SQL may write; a package that is not named owns its namesake."""
LENT = {
    (
        "lifecycle",
        "new_ids",
    ): "numbers for orders, drawn by who has locked the merchant's day",
}
"""Functions of a stage that others' statements may call, and why."""
QUERIES = ast.SelectStmt | ast.InsertStmt | ast.UpdateStmt | ast.DeleteStmt | ast.MergeStmt


def nodes(tree) -> Iterator[ast.Node]:
    """Every node of a parsed statement, but not the aliases that a FOR UPDATE names."""
    if isinstance(tree, ast.Node):
        yield tree
        tree = [] if isinstance(tree, ast.LockingClause) else [getattr(tree, m) for m in tree]
    if isinstance(tree, tuple | list):
        for branch in tree:
            yield from nodes(branch)


def written(node: ast.Node) -> list[ast.RangeVar]:
    match node:
        case ast.InsertStmt() | ast.UpdateStmt() | ast.DeleteStmt() | ast.MergeStmt():
            return [node.relation]
        case ast.IntoClause():
            return [node.rel]
    return []


def locked(node: ast.Node) -> list[ast.RangeVar]:
    found = []
    for clause in getattr(node, "lockingClause", None) or ():
        wanted = {name.relname for name in clause.lockedRels or ()}
        found += [r for r, name in sources(node.fromClause) if not wanted or name in wanted]
    return found


def sources(branches, under=None) -> Iterator[tuple[ast.RangeVar, str]]:
    """The relations of a FROM clause, each with the name that FOR UPDATE OF knows it by."""
    for branch in branches or ():
        match branch:
            case ast.RangeVar():
                yield branch, under or (branch.alias.aliasname if branch.alias else branch.relname)
            case ast.JoinExpr():
                yield from sources((branch.larg, branch.rarg), under)
            case ast.RangeSubselect():
                yield from sources(branch.subquery.fromClause, under or branch.alias.aliasname)


def called(node: ast.Node) -> list[tuple[str, str]]:
    """The schema and name of a function; for nextval and setval, those of the sequence."""
    if not isinstance(node, ast.FuncCall):
        return []
    name = [part.sval for part in node.funcname]
    if name[-1] in {"nextval", "setval"}:
        innermost = node.args[0]  # 'schema.sequence', perhaps ::regclass or looked up by its table
        while not isinstance(innermost, ast.A_Const):
            innermost = innermost.arg if hasattr(innermost, "arg") else innermost.args[0]
        name = innermost.val.sval.split(".")
    return [(name[0], name[1])] if len(name) > 1 else []


def interface() -> set[str]:
    """The views that stages publish, by the migrations."""
    found = set()
    for path in MIGRATIONS:
        for statement in parse_sql(path.read_text("utf-8")):
            match statement.stmt:
                case ast.ViewStmt(view=view):
                    found.add(shown(view))
                case ast.CallStmt(funccall=call) if call.funcname[-1].sval == "publish":
                    table, plural = (argument.val.sval for argument in call.args)
                    found.add(f"{table.partition('.')[0]}.{plural}")
    return found


def shown(relation: ast.RangeVar) -> str:
    return f"{relation.schemaname or '(no schema)'}.{relation.relname}"


PUBLISHED = interface()


def trespasses(package: str, statement: ast.Node) -> list[str]:
    """What a statement of `package` does that only another stage may do."""
    if not isinstance(statement, QUERIES):
        return [f"is no query but {type(statement).__name__}"]
    owned = OWNED.get(package, {package})
    readable = owned | {package, "pg_catalog"}
    tree = list(nodes(statement))
    ctes = {node.ctename for node in tree if isinstance(node, ast.CommonTableExpr)}

    def foreign(relation, allowed):
        if relation.schemaname is None:
            return relation.relname not in ctes and not relation.relname.startswith("pg_")
        return relation.schemaname not in allowed

    targets = [r for node in tree for r in written(node)]
    rows = [r for node in tree for r in locked(node)]
    functions = [f for node in tree for f in called(node)]
    read = [r for r in tree if isinstance(r, ast.RangeVar) and r not in targets]
    return [
        *(f"writes {shown(r)}" for r in targets if r.schemaname not in owned),
        *(f"locks rows of {shown(r)}" for r in rows if foreign(r, owned)),
        *(
            f"calls {schema}.{name}"
            for schema, name in functions
            if schema not in readable and (schema, name) not in LENT
        ),
        *(
            f"reads {shown(r)}, which is not published"
            for r in read
            if foreign(r, readable) and shown(r) not in PUBLISHED
        ),
    ]


@pytest.mark.parametrize("path", STATEMENTS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_statement_keeps_to_its_own_stage(path):
    (parsed,) = parse_sql(positional(path.read_text("utf-8"))[0])
    found = trespasses(path.relative_to(PACKAGE).parts[0], parsed.stmt)
    assert not found, f"{path.name} {'; '.join(found)}: let its owner lend a verb or publish a view"


def test_views_read_what_other_stages_publish():
    for path in MIGRATIONS:
        for statement in parse_sql(path.read_text("utf-8")):
            if isinstance(statement.stmt, ast.ViewStmt):
                view = statement.stmt.view
                found = trespasses(view.schemaname, statement.stmt.query)
                assert not found, f"{path.name}: view {shown(view)} {'; '.join(found)}"


def test_sql_stands_in_sql_files():
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE)
        if path.name != "search.py" and place.parts[0] != "db":  # search.py composes its SQL
            found = re.findall(r"\.fetch\(.*", path.read_text("utf-8"))
            assert not found, f"{place} runs {found}: put it into a .sql file and declare it"


LOCK = "SELECT * FROM orders.line AS l JOIN merchants.skus AS s USING (sku_id) FOR UPDATE"


@pytest.mark.parametrize(
    ("package", "sql", "caught"),
    [
        ("orders", "UPDATE inventory.pool SET code = ''", "writes inventory.pool"),
        ("orders", "UPDATE inventory.pools SET code = ''", "writes inventory.pools"),
        ("orders", "INSERT INTO outbox.event SELECT 1", "writes outbox.event"),
        ("orders", "DELETE FROM receipt", "writes (no schema).receipt"),
        ("orders", "SELECT 1 INTO merchants.copy", "writes merchants.copy"),
        ("orders", "WITH x AS (DELETE FROM streams.stream) SELECT 1", "writes streams.stream"),
        (
            "orders",
            "MERGE INTO merchants.day USING orders.line ON true WHEN MATCHED THEN DELETE",
            "writes merchants.day",
        ),
        ("api", "DELETE FROM orders.line", "writes orders.line"),
        ("api", "SELECT * FROM orders.lines FOR SHARE", "locks rows of orders.lines"),
        ("orders", "SELECT FROM merchants.sku", "reads merchants.sku, which is not published"),
        (
            "orders",
            "SELECT FROM orders.line WHERE sku_id IN (SELECT 1 FROM merchants.sku)",
            "reads merchants.sku, which is not published",
        ),
        ("orders", "SELECT FROM lines", "reads (no schema).lines, which is not published"),
        ("orders", LOCK, "locks rows of merchants.skus"),
        ("orders", f"{LOCK} OF s SKIP LOCKED", "locks rows of merchants.skus"),
        (
            "orders",
            "SELECT FROM (SELECT * FROM merchants.skus) AS s FOR UPDATE OF s",
            "locks rows of merchants.skus",
        ),
        ("orders", "SELECT nextval('returns.id'::regclass)", "calls returns.id"),
        (
            "orders",
            "SELECT nextval(pg_get_serial_sequence('returns.rma', 'id')::regclass)",
            "calls returns.rma",
        ),
        ("orders", "TRUNCATE orders.line", "is no query but TruncateStmt"),
        ("orders", "SELECT shipping.promised(a) FROM orders.line", "calls shipping.promised"),
    ],
)
def test_a_planted_trespass_is_caught(package, sql, caught):
    assert trespasses(package, parse_sql(sql)[0].stmt) == [caught]


@pytest.mark.parametrize(
    ("package", "sql"),
    [
        ("orders", f"{LOCK} OF l"),
        ("orders", "WITH s AS (SELECT FROM merchants.skus) INSERT INTO orders.line SELECT FROM s"),
        ("lifecycle", "INSERT INTO outbox.event SELECT nextval('lifecycle.subject_id')"),
        ("worker", "SELECT extract(day FROM a) FROM pg_locks"),
        ("orders", "SELECT lifecycle.new_ids(1, at) FROM orders.line"),
    ],
)
def test_what_is_allowed_passes(package, sql):
    assert trespasses(package, parse_sql(sql)[0].stmt) == []
