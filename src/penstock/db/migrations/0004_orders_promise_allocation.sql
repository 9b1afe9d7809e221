-- What was received, what was promised, which node serves it.

CALL penstock.stage('orders');

-- Accepted and refused alike, so that a retry finds the answer it missed.
CREATE TABLE orders.receipt (
    merchant_id int NOT NULL,
    order_id bigint NOT NULL,
    channel text NOT NULL,
    channel_order_id text NOT NULL,
    body_sha256 bytea NOT NULL,
    outcome text NOT NULL,
    detail text NOT NULL DEFAULT '',
    country text NOT NULL,
    currency text NOT NULL,
    goods_minor bigint NOT NULL,
    shipping_minor bigint NOT NULL,
    policy text NOT NULL,
    stream_id bigint,
    buyer_id text NOT NULL,
    ship_to jsonb NOT NULL,
    ordered_at timestamptz NOT NULL,
    paid_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    dispatch_by_at timestamptz NOT NULL,
    deliver_by_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, order_id),
    CONSTRAINT natural_key UNIQUE (merchant_id, channel, channel_order_id)
);
CALL penstock.tenant_table('orders.receipt');
CREATE VIEW orders.orders WITH (security_invoker = true) AS
    SELECT * FROM orders.receipt WHERE outcome = 'accepted';
GRANT SELECT ON orders.orders TO penstock_operator, penstock_merchant;
CALL penstock.publish('orders.receipt', 'receipts');

CREATE TABLE orders.line (
    merchant_id int NOT NULL,
    order_id bigint NOT NULL,
    line_no int NOT NULL,
    sku_id bigint NOT NULL,
    pool_id int NOT NULL,
    quantity int NOT NULL CHECK (quantity > 0),
    accepted int NOT NULL CHECK (accepted BETWEEN 0 AND quantity),
    backordered int NOT NULL DEFAULT 0 CHECK (backordered BETWEEN 0 AND accepted),
    unit_price_minor bigint NOT NULL,
    PRIMARY KEY (merchant_id, order_id, line_no)
);
COMMENT ON COLUMN orders.line.accepted IS 'units that will be delivered';
COMMENT ON COLUMN orders.line.backordered IS 'accepted units that wait for stock';
CREATE INDEX line_waiting ON orders.line (merchant_id, pool_id, sku_id) WHERE backordered > 0;
CALL penstock.tenant_table('orders.line');
CALL penstock.publish('orders.line', 'lines');

CREATE TABLE orders.cancellation (
    merchant_id int NOT NULL,
    order_id bigint NOT NULL,
    fulfilment_order_id bigint NOT NULL,
    reason text NOT NULL,
    fault text NOT NULL CHECK (fault IN ('seller', 'buyer', 'platform', 'carrier')),
    at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, fulfilment_order_id)
);
CALL penstock.tenant_table('orders.cancellation');
CALL penstock.publish('orders.cancellation', 'cancellations');

---------------------------------------------------------------------------------------------------
CALL penstock.stage('promise');

-- The first promise stands on the order; a broken one is followed by a new one, with notice.
CREATE TABLE promise.revision (
    merchant_id int NOT NULL,
    fulfilment_order_id bigint NOT NULL,
    revision int NOT NULL,
    dispatch_by_at timestamptz NOT NULL,
    deliver_by_at timestamptz NOT NULL,
    because text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, fulfilment_order_id, revision)
);
CALL penstock.tenant_table('promise.revision');
CALL penstock.publish('promise.revision', 'revisions');

---------------------------------------------------------------------------------------------------
CALL penstock.stage('allocation');

CREATE TABLE allocation.fulfilment_order (
    merchant_id int NOT NULL,
    fulfilment_order_id bigint NOT NULL,
    order_id bigint NOT NULL,
    node_id int,
    cost_minor bigint,
    late_days int,
    because text NOT NULL DEFAULT '',
    allocated_at timestamptz,
    PRIMARY KEY (merchant_id, fulfilment_order_id)
);
COMMENT ON COLUMN allocation.fulfilment_order.cost_minor IS
    'freight of the cheapest lane that was foreseen, in the rate card''s currency';
CREATE INDEX fulfilment_order_order ON allocation.fulfilment_order (merchant_id, order_id);
CALL penstock.tenant_table('allocation.fulfilment_order');
CALL penstock.publish('allocation.fulfilment_order', 'fulfilment_orders');

CREATE TABLE allocation.fulfilment_line (
    merchant_id int NOT NULL,
    fulfilment_order_id bigint NOT NULL,
    line_no int NOT NULL,
    sku_id bigint NOT NULL,
    quantity int NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (merchant_id, fulfilment_order_id, line_no)
);
CALL penstock.tenant_table('allocation.fulfilment_line');
CALL penstock.publish('allocation.fulfilment_line', 'fulfilment_lines');

-- How much each floor has before it, counted now and then: lateness is reckoned in days.
CREATE TABLE allocation.backlog (
    node_id int PRIMARY KEY,
    orders int NOT NULL CHECK (orders >= 0),
    counted_at timestamptz NOT NULL
);
COMMENT ON COLUMN allocation.backlog.orders IS 'fulfilment orders allocated, released or picked';
CALL penstock.operator_table('allocation.backlog');
CALL penstock.publish('allocation.backlog', 'backlogs');

---------------------------------------------------------------------------------------------------
-- An order is as far as the least advanced of its fulfilment orders; cancelled ones count only
-- where nothing else is left. The first fulfilment order bears the order's id.
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
