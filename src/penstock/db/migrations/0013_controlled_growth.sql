-- Controlled growth: policies with effective dates, tiers, volume limits, order-handling capacity,
-- orders that are reserved until they are paid, and orders of one buyer that ship together.

-- What is in force when, as data. A policy is replaced by a later one of its code, never rewritten
-- once it has begun, so that what it decided can be explained.
CREATE TABLE merchants.policy (
    code text NOT NULL,
    effective_from date NOT NULL,
    effective_to date NOT NULL DEFAULT 'infinity',
    kind text NOT NULL
        CHECK (kind IN ('ladder', 'volume_limit', 'capacity', 'hold', 'reservation', 'merge')),
    origin text NOT NULL CHECK (origin IN ('shipped', 'operator')),
    terms jsonb NOT NULL,
    because text NOT NULL,
    decided_by text NOT NULL,
    decided_at timestamptz NOT NULL,
    ended_because text NOT NULL DEFAULT '',
    PRIMARY KEY (code, effective_from),
    CHECK (effective_from <= effective_to)
);
COMMENT ON COLUMN merchants.policy.effective_to IS 'its last day, UTC';
COMMENT ON COLUMN merchants.policy.ended_because IS 'not empty: an operator has ended it';
CALL penstock.network_table('merchants.policy');
CALL penstock.publish('merchants.policy', 'policies');

-- decided_at moves with every decision; a merchant's age is counted from its first approval.
ALTER TABLE merchants.merchant ADD COLUMN approved_at timestamptz;
UPDATE merchants.merchant SET approved_at = decided_at WHERE status IN ('approved', 'suspended');

-- A merchant's place on the ladder: the row that has not ended is the present one.
CREATE TABLE merchants.tier (
    merchant_id int NOT NULL,
    tier_id bigint GENERATED ALWAYS AS IDENTITY,
    ladder text NOT NULL,
    tier text NOT NULL,
    daily_cap int CHECK (daily_cap >= 0),
    from_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL DEFAULT 'infinity',
    pinned_until date NOT NULL DEFAULT '-infinity',
    because text NOT NULL,
    decided_by text NOT NULL,
    PRIMARY KEY (merchant_id, tier_id),
    CHECK (from_at <= ended_at)
);
COMMENT ON COLUMN merchants.tier.tier IS 'empty: an operator has taken it off the ladder';
COMMENT ON COLUMN merchants.tier.daily_cap IS 'null: the tier sets none';
COMMENT ON COLUMN merchants.tier.pinned_until IS 'before this day the ladder does not move it';
CREATE UNIQUE INDEX tier_present ON merchants.tier (merchant_id) INCLUDE (daily_cap)
    WHERE ended_at = 'infinity';
CALL penstock.tenant_table('merchants.tier');
CALL penstock.publish('merchants.tier', 'tiers');
REVOKE INSERT, UPDATE ON merchants.tier FROM penstock_merchant;

-- Fewer orders a day for a while, because of a score.
CREATE TABLE merchants.volume_limit (
    merchant_id int NOT NULL,
    limit_id bigint GENERATED ALWAYS AS IDENTITY,
    policy text NOT NULL,
    percent int NOT NULL CHECK (percent BETWEEN 1 AND 100),
    mean_orders numeric(12, 2) NOT NULL,
    daily_cap int NOT NULL CHECK (daily_cap >= 0),
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    because text NOT NULL,
    lifted_at timestamptz,
    lifted_because text NOT NULL DEFAULT '',
    lifted_by text NOT NULL DEFAULT '',
    PRIMARY KEY (merchant_id, limit_id),
    CHECK (from_at < until_at)
);
COMMENT ON COLUMN merchants.volume_limit.mean_orders IS 'a day, over the days the policy looks at';
CREATE INDEX volume_limit_until ON merchants.volume_limit (merchant_id, until_at);
CALL penstock.tenant_table('merchants.volume_limit');
CALL penstock.publish('merchants.volume_limit', 'volume_limits');
REVOKE INSERT, UPDATE ON merchants.volume_limit FROM penstock_merchant;

-- How many orders a day the merchant says that it, or one of its nodes, can handle. The counter is
-- merchants.day: a second hot row for the same number would say nothing more.
CREATE TABLE merchants.capacity (
    merchant_id int NOT NULL,
    node_id int NOT NULL DEFAULT 0,
    effective_from date NOT NULL,
    effective_to date NOT NULL DEFAULT 'infinity',
    orders int CHECK (orders >= 0),
    because text NOT NULL,
    declared_by text NOT NULL,
    declared_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, node_id, effective_from),
    CHECK (effective_from <= effective_to)
);
COMMENT ON COLUMN merchants.capacity.node_id IS '0: the merchant as a whole';
COMMENT ON COLUMN merchants.capacity.orders IS 'null: none is declared from that day on';
CALL penstock.tenant_table('merchants.capacity');
CALL penstock.publish('merchants.capacity', 'capacities');

---------------------------------------------------------------------------------------------------
-- An order may hold stock before it is paid.
ALTER TABLE orders.receipt ALTER COLUMN paid_at DROP NOT NULL;

CREATE TABLE orders.unpaid (
    merchant_id int NOT NULL,
    order_id bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    hold interval NOT NULL,
    sla text NOT NULL,
    extra_days int NOT NULL DEFAULT 0 CHECK (extra_days >= 0),
    PRIMARY KEY (merchant_id, order_id)
);
COMMENT ON TABLE orders.unpaid IS 'what was received unpaid and the terms it had then; kept';
COMMENT ON COLUMN orders.unpaid.extra_days IS 'by which its dispatch was extended at receipt';
CALL penstock.tenant_table('orders.unpaid');
CALL penstock.publish('orders.unpaid', 'unpaid_orders');

CREATE TABLE orders.payment (
    merchant_id int NOT NULL,
    order_id bigint NOT NULL,
    reference text NOT NULL,
    paid_at timestamptz NOT NULL,
    confirmed_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, order_id)
);
COMMENT ON TABLE orders.payment IS 'of orders that were received unpaid';
CALL penstock.tenant_table('orders.payment');
CALL penstock.publish('orders.payment', 'payments');

-- Orders of one buyer in one stream to one address: the group bears the id of its first order.
CREATE TABLE orders.merge_member (
    merchant_id int NOT NULL,
    order_id bigint NOT NULL,
    group_id bigint NOT NULL,
    joined_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, order_id)
);
CREATE INDEX merge_member_group ON orders.merge_member (merchant_id, group_id);
CALL penstock.tenant_table('orders.merge_member');
CALL penstock.publish('orders.merge_member', 'merge_members');
