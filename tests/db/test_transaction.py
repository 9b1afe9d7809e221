"""A unit of work that fails tells why it failed, whatever else fails with it."""

import pytest

from penstock.db.transaction import OPERATOR


async def test_the_fault_of_the_work_is_told_though_its_server_process_died(database):
    async def work(tx):
        (row,) = await tx.fetch("SELECT pg_backend_pid() AS pid")
        connection = tx._connection
        await connection.execute("RESET ROLE")
        with pytest.raises(Exception, match="terminating connection"):
            await connection.execute(f"SELECT pg_terminate_backend({row['pid']}), pg_sleep(10)")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.run(OPERATOR, work)
    assert await database.run(OPERATOR, answer) == 42


async def test_a_connection_whose_rollback_fails_is_used_by_nobody_else(database, monkeypatch):
    used = []

    async def work(tx):
        connection = tx._connection
        used.append(connection.get_server_pid())
        execute = type(connection._con).execute

        async def failing(self, sql, *args, **more):
            if sql == "ROLLBACK":
                raise TimeoutError
            return await execute(self, sql, *args, **more)

        monkeypatch.setattr(type(connection._con), "execute", failing)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.run(OPERATOR, work)
    monkeypatch.undo()
    assert await database.run(OPERATOR, whose) not in used


async def answer(tx):
    (row,) = await tx.fetch("SELECT 42 AS answer")
    return row["answer"]


async def whose(tx):
    return tx._connection.get_server_pid()
