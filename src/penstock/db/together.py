"""One statement of several: what a transaction writes in many places costs one round trip.

Each part stays a statement of its own, in its own stage, beside its verb, and runs alone as well.
Joined, they become the parts of one `WITH`:

    write = together(store, reserve, count_day, create, renamed={"subject_ids": "order_ids"})

PostgreSQL gives all parts of a `WITH` the same snapshot, so no part sees what another writes: only
what is independent may be joined. A parameter name that several parts have is one parameter.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from penstock.db.query import TOKEN, Query, declared, positional
from penstock.db.transaction import Transaction

JOINED: list[Query] = []
"""Every statement that was joined, for the tests that prepare them."""
_MARK = re.compile(rf"(?P<token>{TOKEN.pattern})|(?P<mark>[(),])", TOKEN.flags)
_HEAD = re.compile(
    r"\s*(?:WITH\s+)?(?P<name>\w+)\s+AS\s+(?:(?:NOT\s+)?MATERIALIZED\s+)?\Z", re.IGNORECASE
)


def together(
    *parts: Callable[..., Awaitable[None]], renamed: Mapping[str, str] | None = None
) -> Callable[..., Awaitable[None]]:
    """Return what runs the declared `parts`, all of which answer nothing, as one statement.

    It takes the transaction and, by name, the parameters of all; `renamed` says which of a part's
    names goes by another one here.

    Raises:
        TypeError: a part answers something, or two of them use one name for a part of their `WITH`.

    """
    queries = [declared(part) for part in parts]
    named: dict[str, str] = {}
    for query in queries:
        if query.shape != "nothing":
            raise TypeError(f"{query.name} answers something; only what answers nothing is joined")
        with_parts, final = cut(query.sql_named)
        name = query.name.rpartition(".")[2]
        for part_name, text in [*with_parts, (name, f'"{name}" AS (\n{final}\n)')]:
            if part_name in named:
                raise TypeError(f"{query.name}: {part_name!r} is a part of another statement, too")
            named[part_name] = text
    sql = _renamed(f"WITH {', '.join(named.values())}\nSELECT", renamed or {})
    numbered, names = positional(sql)
    joined = Query(
        name=" + ".join(query.name for query in queries),
        path=queries[0].path,
        sql=numbered,
        sql_named=sql,
        parameters=names,
        shape="nothing",
        row=None,
    )
    JOINED.append(joined)

    async def run(tx: Transaction, **arguments: Any) -> None:
        await tx.fetch(joined.sql, *[arguments[name] for name in names])

    return run


def _renamed(sql: str, names: Mapping[str, str]) -> str:
    def name(match: re.Match[str]) -> str:
        found = match["name"]
        return match[0] if found is None else f":{names.get(found, found)}"

    return TOKEN.sub(name, sql)


def cut(sql: str) -> tuple[list[tuple[str, str]], str]:
    """Cut a statement into the parts of its `WITH`, each (name, `name AS (…)`), and the rest."""
    sql = re.sub(r"^\s*--.*\n", "", sql, flags=re.MULTILINE).strip()
    parts: list[tuple[str, str]] = []
    if not re.match(r"WITH\s", sql, re.IGNORECASE):
        return parts, sql
    depth, start, name = 0, 0, ""
    for match in _MARK.finditer(sql):
        mark = match["mark"]
        if mark == "(":
            if depth == 0:
                head = _HEAD.match(sql[start : match.start()])
                if head is None:  # after the last part: this bracket belongs to the rest
                    return parts, sql[start:].strip()
                name = head["name"]
            depth += 1
        elif mark == ")":
            depth -= 1
            if depth == 0:
                parts.append((name, re.sub(r"\A\s*WITH\s+", "", sql[start : match.end()]).strip()))
                start = match.end()
        elif mark == "," and depth == 0:
            if sql[start : match.start()].strip():  # of the rest, which has no bracket before it
                break
            start = match.end()
    return parts, sql[start:].strip()
