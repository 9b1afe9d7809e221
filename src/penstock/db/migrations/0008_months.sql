-- Receipt that stays fast however much is stored: orders and moves lie in a partition a month.
--
-- A subject's id begins with the month of its birth (0 = January 2020) and ends with 13 digits from
-- the sequence. So every table keyed by it can be cut by month without a further column in its
-- keys, a look-up by id finds its partition, and the id stays below 2^53 until 2095, which is what
-- a JSON number holds everywhere.

CREATE FUNCTION lifecycle.month_of(at timestamptz) RETURNS int
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (extract(year FROM at AT TIME ZONE 'UTC')::int - 2020) * 12
        + extract(month FROM at AT TIME ZONE 'UTC')::int - 1;

-- Which order bears a channel's number. It outlives the order's months: a repetition gets its
-- first answer however late it comes.
CREATE TABLE orders.key (
    merchant_id int NOT NULL,
    channel text NOT NULL,
    channel_order_id text NOT NULL,
    order_id bigint NOT NULL,
    body_sha256 bytea NOT NULL,
    CONSTRAINT natural_key_once PRIMARY KEY (merchant_id, channel, channel_order_id)
);
CALL penstock.tenant_table('orders.key');
INSERT INTO orders.key
    SELECT merchant_id, channel, channel_order_id, order_id, body_sha256 FROM orders.receipt;

DROP VIEW orders.order_statuses, orders.orders, orders.receipts, orders.lines, lifecycle.moves;

---------------------------------------------------------------------------------------------------
ALTER TABLE orders.receipt DROP CONSTRAINT natural_key, DROP COLUMN body_sha256;
ALTER TABLE orders.receipt ALTER COLUMN ship_to TYPE json;
ALTER TABLE orders.receipt RENAME TO receipt_default;
ALTER TABLE orders.receipt_default RENAME CONSTRAINT receipt_pkey TO receipt_default_pkey;
CREATE TABLE orders.receipt (LIKE orders.receipt_default INCLUDING ALL)
    PARTITION BY RANGE (order_id);
ALTER TABLE orders.receipt ATTACH PARTITION orders.receipt_default DEFAULT;
CALL penstock.tenant_table('orders.receipt');
COMMENT ON COLUMN orders.receipt.ship_to IS
    'the address as text, which only its readers take apart: receipt must not pay for that';

ALTER TABLE orders.line RENAME TO line_default;
ALTER TABLE orders.line_default RENAME CONSTRAINT line_pkey TO line_default_pkey;
ALTER INDEX orders.line_waiting RENAME TO line_default_waiting;
CREATE TABLE orders.line (LIKE orders.line_default INCLUDING ALL) PARTITION BY RANGE (order_id);
ALTER TABLE orders.line ATTACH PARTITION orders.line_default DEFAULT;
CALL penstock.tenant_table('orders.line');

-- A statement that logs moves checks them all at once: a foreign key would look each up by itself.
ALTER TABLE lifecycle.history
    DROP CONSTRAINT history_kind_from_status_event_to_status_fkey;
DROP INDEX lifecycle.history_order;
ALTER TABLE lifecycle.history ALTER COLUMN history_id DROP IDENTITY;
CREATE SEQUENCE lifecycle.history_id;
SELECT setval('lifecycle.history_id', 1 + coalesce(max(history_id), 0), false)
FROM lifecycle.history;
GRANT USAGE ON SEQUENCE lifecycle.history_id TO penstock_operator, penstock_merchant;
ALTER TABLE lifecycle.history ALTER COLUMN history_id SET DEFAULT nextval('lifecycle.history_id');
ALTER TABLE lifecycle.history RENAME TO history_default;
ALTER TABLE lifecycle.history_default RENAME CONSTRAINT history_pkey TO history_default_pkey;
CREATE TABLE lifecycle.history (LIKE lifecycle.history_default INCLUDING ALL)
    PARTITION BY RANGE (subject_id);
ALTER TABLE lifecycle.history ATTACH PARTITION lifecycle.history_default DEFAULT;
CREATE INDEX history_order ON lifecycle.history USING brin (history_id) WITH (pages_per_range = 32);
CALL penstock.tenant_table('lifecycle.history');
REVOKE UPDATE, DELETE ON lifecycle.history FROM penstock_operator, penstock_merchant;

CREATE FUNCTION lifecycle.only_legal_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    odd record;
BEGIN
    SELECT * INTO odd
    FROM logged AS l
    WHERE NOT EXISTS (
        SELECT FROM lifecycle.transition AS t
        WHERE (t.kind, t.from_status, t.event, t.to_status)
            = (l.kind, l.from_status, l.event, l.to_status)
    )
    LIMIT 1;
    IF FOUND THEN
        RAISE foreign_key_violation USING
            MESSAGE = format('%s %s: %s from "%s" to "%s" is no legal move', odd.kind,
                             odd.subject_id, odd.event, odd.from_status, odd.to_status),
            SCHEMA = 'lifecycle', TABLE = 'history', CONSTRAINT = 'only_legal_moves';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER only_legal_moves AFTER INSERT ON lifecycle.history
    REFERENCING NEW TABLE AS logged
    FOR EACH STATEMENT EXECUTE FUNCTION lifecycle.only_legal_moves();

---------------------------------------------------------------------------------------------------
-- Partitions are reached through their parents, where the policies are: nobody else may.
REVOKE ALL ON orders.receipt_default, orders.line_default, lifecycle.history_default
    FROM penstock_operator, penstock_merchant;

-- Cut a month out of every table that is cut by months; what had come before its time is moved in.
CREATE FUNCTION lifecycle.open_month(month int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tab record;
    part text;
    suffix text := to_char(date '2020-01-01' + make_interval(months => month), '_YYYY_MM');
    first_id bigint := month * 10000000000000;
    next_id bigint := (month + 1) * 10000000000000;
    early boolean;
    opened int := 0;
BEGIN
    -- One at a time: another process may be at it.
    PERFORM pg_advisory_xact_lock(hashtext('lifecycle.open_month'));
    FOR tab IN
        SELECT n.nspname AS schema, c.relname AS name, a.attname AS key, d.relname AS rest
        FROM pg_partitioned_table AS p
        JOIN pg_class AS c ON c.oid = p.partrelid
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_attribute AS a ON (a.attrelid, a.attnum) = (c.oid, p.partattrs[0])
        JOIN pg_class AS d ON d.oid = p.partdefid
        WHERE n.nspname IN ('orders', 'lifecycle')
        ORDER BY 1, 2
    LOOP
        part := format('%I.%I', tab.schema, tab.name || suffix);
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        EXECUTE format('CREATE TABLE %s (LIKE %I.%I INCLUDING ALL)', part, tab.schema, tab.name);
        EXECUTE format('SELECT EXISTS (SELECT FROM %1$I.%2$I WHERE %3$I >= %4$s AND %3$I < %5$s)',
                       tab.schema, tab.rest, tab.key, first_id, next_id) INTO early;
        IF early THEN
            EXECUTE format('WITH early AS (DELETE FROM %1$I.%2$I WHERE %3$I >= %4$s AND %3$I < %5$s'
                           ' RETURNING *) INSERT INTO %6$s SELECT * FROM early',
                           tab.schema, tab.rest, tab.key, first_id, next_id, part);
        END IF;
        EXECUTE format('ALTER TABLE %I.%I ATTACH PARTITION %s FOR VALUES FROM (%s) TO (%s)',
                       tab.schema, tab.name, part, first_id, next_id);
        opened := opened + 1;
    END LOOP;
    RETURN opened;
END $$;
REVOKE ALL ON FUNCTION lifecycle.open_month(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lifecycle.open_month(int) TO penstock_operator;

---------------------------------------------------------------------------------------------------
CREATE VIEW orders.orders WITH (security_invoker = true) AS
    SELECT * FROM orders.receipt WHERE outcome = 'accepted';
GRANT SELECT ON orders.orders TO penstock_operator, penstock_merchant;
CALL penstock.publish('orders.receipt', 'receipts');
CALL penstock.publish('orders.line', 'lines');
CALL penstock.publish('orders.key', 'keys');
CALL penstock.publish('lifecycle.history', 'moves');

CREATE VIEW orders.order_statuses WITH (security_invoker = true) AS
    SELECT o.merchant_id, o.order_id,
        coalesce(
            (array_agg(s.status ORDER BY array_position(
                ARRAY['backordered', 'held', 'open', 'allocated', 'released', 'picked', 'packed',
                      'shipped', 'undelivered', 'delivered'], s.status))
                FILTER (WHERE s.status <> 'cancelled'))[1],
            'cancelled') AS status,
        count(*)::int AS fulfilment_orders,
        count(*) FILTER (WHERE s.status = 'cancelled')::int AS cancelled,
        max(s.since_at) AS since_at
    FROM orders.orders AS o
    CROSS JOIN LATERAL (
        SELECT o.order_id AS fulfilment_order_id
        UNION
        SELECT f.fulfilment_order_id
        FROM allocation.fulfilment_orders AS f
        WHERE (f.merchant_id, f.order_id) = (o.merchant_id, o.order_id)
    ) AS part
    JOIN lifecycle.subjects AS s
        ON (s.merchant_id, s.subject_id) = (o.merchant_id, part.fulfilment_order_id)
    GROUP BY o.merchant_id, o.order_id;
GRANT SELECT ON orders.order_statuses TO penstock_operator, penstock_merchant;

---------------------------------------------------------------------------------------------------
-- The hot rows: one merchant's day, one SKU's counter, the queue that is emptied all day.
ALTER TABLE merchants.day SET
    (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
ALTER TABLE outbox.event SET
    (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
