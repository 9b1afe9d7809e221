"""What goes out as an array comes back as it was, with asyncpg's element checks spared."""

from types import ModuleType

import asyncpg.protocol.protocol

from penstock.db.arrays import only_lists_nest


async def test_arrays_come_back_as_they_were(tx):
    for values, kind in (
        (["a", "", None, "{", '"', "é"], "text"),
        ([b"", b"\x00\xff"], "bytea"),
        ([1, None, -(2**63)], "bigint"),
        ((1, 2), "int"),
        ([[1, 2], [3, 4]], "int"),
        ([], "text"),
    ):
        (row,) = await tx.fetch(f"SELECT $1::{kind}[] AS back", values)
        assert row["back"] == [list(v) if isinstance(v, list) else v for v in values]


def test_another_release_simply_stays_slower():
    assert only_lists_nest(asyncpg.protocol.protocol), "the installed release is the fast one"
    assert not only_lists_nest(ModuleType("another"))
