"""One merchant with one hot SKU, as the receipt benchmarks sell it."""

import secrets
from datetime import datetime, timedelta

import asyncpg
import msgspec

from penstock.access.key import SECRET_BYTES, Principal, create_key
from penstock.channels.order import Address, NewLine, NewOrder
from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.lifecycle.open_months import open_ahead

UNITS = 1_000_000_000
SQL = """
    INSERT INTO merchants.merchant (code, title, country, status, daily_cap, applied_at)
        VALUES ('{code}', 'Shop', 'US', 'approved', 2000000000, '{now}');
    INSERT INTO merchants.market SELECT merchant_id, 'US', 'USD', 'tiktok_us_regular'
        FROM merchants.merchant WHERE code = '{code}';
    INSERT INTO merchants.sku (merchant_id, code, title, weight_g, length_mm, width_mm, height_mm,
                               value_minor, currency, approved_at)
        SELECT merchant_id, 'HOT', 'Lamp', 400, 120, 80, 60, 1500, 'USD', '{now}'
        FROM merchants.merchant WHERE code = '{code}';
    INSERT INTO inventory.node (code, title, country, zone, cut_off, orders_per_hour)
        VALUES ('{code}', 'Node', 'US', 'America/Chicago', '17:00', 500);
    INSERT INTO inventory.pool (merchant_id, code, family_id)
        SELECT merchant_id, '{code}', 1 FROM merchants.merchant WHERE code = '{code}';
    UPDATE inventory.pool SET family_id = pool_id;
    INSERT INTO inventory.pool_market
        SELECT merchant_id, 'US', pool_id, 1 FROM inventory.pool WHERE code = '{code}';
    INSERT INTO inventory.pool_node
        SELECT merchant_id, node_id, pool_id
        FROM inventory.pool JOIN inventory.node USING (code) WHERE code = '{code}';
    INSERT INTO inventory.pool_stock (merchant_id, pool_id, sku_id, on_hand)
        SELECT p.merchant_id, pool_id, sku_id, {units}
        FROM inventory.pool AS p JOIN merchants.sku USING (merchant_id) WHERE p.code = '{code}';
"""


class Shop(msgspec.Struct, frozen=True):
    """Who sells, what is sold, and how an order of it looks."""

    merchant_id: int
    key: str
    order: NewOrder
    never: timedelta = timedelta(0)

    @property
    def body(self) -> dict[str, object]:
        """The order as it goes over HTTP, its number to be put in for NUMBER."""
        body: dict[str, object] = msgspec.to_builtins(self.order)
        return body | {"channel_order_id": "NUMBER"}

    async def fill(self, url: str, orders: int) -> None:
        """Store as many orders of months gone by, delivered, with all their rows but the moves."""
        connection = await asyncpg.connect(url)
        months = 8
        await connection.execute("SET session_replication_role = replica; SET work_mem = '64MB'")
        for ago in range(months, 0, -1):
            await connection.execute(FILL_MONTH.format(ago=ago, orders=orders // months))
        await connection.execute("VACUUM (ANALYZE)")
        await connection.execute("CHECKPOINT")
        await connection.close()


FILL_MONTH = """
    SELECT lifecycle.open_month(lifecycle.month_of(now()) - {ago});
    CREATE TEMP TABLE made ON COMMIT DROP AS
        SELECT n, (lifecycle.month_of(now()) - {ago}) * 10000000000000 + n AS id,
            date_trunc('month', now()) - interval '{ago} months' + n * interval '1 second' AS at
        FROM generate_series(1, {orders}) AS n;
    INSERT INTO orders.key SELECT r.merchant_id, r.channel,
            (560000000000000000 + {ago} * 1000000000000 + n)::text, id, sha256(int8send(id))
        FROM made, (SELECT * FROM orders.receipt LIMIT 1) AS r;
    INSERT INTO orders.receipt
        SELECT r.merchant_id, id, r.channel,
            (560000000000000000 + {ago} * 1000000000000 + n)::text, r.outcome, r.detail, r.country,
            r.currency, r.goods_minor, r.shipping_minor, r.policy, r.stream_id, r.buyer_id,
            r.ship_to, at, at, at, at, at
        FROM made, (SELECT * FROM orders.receipt LIMIT 1) AS r;
    INSERT INTO orders.line
        SELECT l.merchant_id, id, l.line_no, l.sku_id, l.pool_id, l.quantity, l.accepted,
            l.backordered, l.unit_price_minor
        FROM made, (SELECT * FROM orders.line LIMIT 1) AS l;
    INSERT INTO inventory.reservation
        SELECT l.merchant_id, id, l.line_no, l.pool_id, l.sku_id, 0
        FROM made, (SELECT * FROM orders.line LIMIT 1) AS l;
    INSERT INTO inventory.move (merchant_id, sku_id, quantity, from_account, from_holder,
                                to_account, to_holder, reason, subject_id, at)
        SELECT m.merchant_id, m.sku_id, m.quantity, m.from_account, m.from_holder, m.to_account,
            m.to_holder, m.reason, id, made.at
        FROM made, (SELECT * FROM inventory.move WHERE reason = 'reserve' LIMIT 1) AS m;
    INSERT INTO lifecycle.subject
        SELECT s.merchant_id, id, s.kind, 'delivered', made.at, 'infinity', 'infinity', 0
        FROM made, (SELECT * FROM lifecycle.subject LIMIT 1) AS s;
    INSERT INTO lifecycle.history (merchant_id, subject_id, kind, from_status, event, to_status, at)
        SELECT h.merchant_id, id, h.kind, h.from_status, h.event, h.to_status, made.at
        FROM made, (SELECT * FROM lifecycle.history LIMIT 1) AS h;
"""
"""One order a row of all tables that an order is in, so that every index has grown."""


async def made_shop(url: str, now: datetime, code: str = "shop") -> Shop:
    """Make a merchant of that code in a database that is at this version."""
    connection = await asyncpg.connect(url)
    await connection.execute(SQL.format(now=now.isoformat(), units=UNITS, code=code))
    merchant_id = await connection.fetchval(
        "SELECT merchant_id FROM merchants.merchant WHERE code = $1", code
    )
    await connection.close()
    principal = Principal(key_id=code, role="merchant", merchant_id=merchant_id)

    async def open_up(tx: Transaction) -> str:
        await open_ahead(tx, now)
        return await create_key(tx, principal, "bench", secrets.token_bytes(SECRET_BYTES), now)

    async with await Database.open(url, connections_max=1) as database:
        key = await database.run(OPERATOR, open_up)
    address = Address(
        name="Ada Okafor", line1="1 High Street", city="Austin", country="US", region="TX",
        postal_code="78701", phone="+15125550100",
    )  # fmt: skip
    order = NewOrder(
        channel="tiktok_shop",
        channel_order_id="",
        currency="USD",
        ordered_at=now,
        paid_at=now,
        buyer_id="buyer-1",
        ship_to=address,
        lines=(NewLine(sku="HOT", quantity=1, unit_price_minor=1999),),
    )
    return Shop(merchant_id, key, order)
