"""The checks of the crash rig find what is planted; else their silence would prove nothing."""

from datetime import UTC, datetime

import asyncpg
import pytest

from penstock import lending
from penstock.db.transaction import OPERATOR
from penstock.orders.receive import Wanted, receive
from penstock.orders.sold_out import SoldOut

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PLANTED = {
    "I1": "UPDATE inventory.pool_stock SET on_hand = on_hand - 1",
    "I2": "UPDATE inventory.reservation SET quantity = 2 WHERE order_id = $1",
    "I3 lost": "UPDATE orders.receipt SET outcome = 'insufficient_stock' WHERE order_id = $1",
    "I4": "UPDATE lifecycle.subject SET status = 'picked' WHERE subject_id = $1",
    "I6": "UPDATE lifecycle.subject SET deadline_at = 'infinity' WHERE subject_id = $1",
    "I10": "DELETE FROM outbox.batch WHERE $1 = ANY (subject_ids)",
}


@pytest.fixture
async def told(database, make_in, tmp_path):
    """An order, and a client's journal that knows of it."""
    from client import Journal

    async def work(tx):
        make = make_in(tx)
        shop = await make.merchant()
        node = await make.node()
        pool = await make.pool(shop, [node])
        await make.stock(shop, node, pool, await make.sku(shop, code="HOT"), 9)
        wanted = [Wanted(make.order("HOT", key="K-1"))]
        (answer,) = await receive(tx, shop, wanted, NOW, lending.RECEIPT, SoldOut(NOW - NOW))
        return answer.order_id

    order_id = await database.run(OPERATOR, work)
    journal = Journal(tmp_path / "client-0")
    journal.open()
    journal.write("order", "K-1", [["HOT", 1]])
    journal.write("answer", "K-1", 201, order_id, "accepted")
    return order_id


async def test_nothing_is_found_where_nothing_is_wrong(told, database_url, tmp_path):
    from checks import corrupt, violations

    assert await violations(database_url, tmp_path) == []
    assert (await corrupt(database_url))[1] == []


@pytest.mark.parametrize("what", PLANTED)
async def test_what_is_planted_is_found(told, database_url, tmp_path, what):
    from checks import violations

    connection = await asyncpg.connect(database_url)
    await connection.execute("SET session_replication_role = replica")
    statement = PLANTED[what]
    await connection.execute(statement, *([told] if "$1" in statement else []))
    await connection.close()
    found = await violations(database_url, tmp_path)
    assert any(said.startswith(what) or what in said[:8] for said in found), found
