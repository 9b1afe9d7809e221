-- Surges: spikes of orders that nobody planned, and what is remembered to tell them.

-- Orders are stored as they come, so the last minutes are the last pages; the index stays tiny.
CREATE INDEX receipt_received ON orders.receipt USING brin (received_at)
    WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE planning.surge (
    merchant_id int NOT NULL,
    sku_id bigint NOT NULL,
    started_at timestamptz NOT NULL,
    rate double precision NOT NULL,
    peak double precision NOT NULL,
    expected double precision NOT NULL,
    score double precision NOT NULL CHECK (score BETWEEN 0 AND 1),
    ended_at timestamptz,
    PRIMARY KEY (merchant_id, sku_id, started_at),
    CHECK (started_at < ended_at)
);
COMMENT ON COLUMN planning.surge.rate IS 'orders in the last minute that was counted';
COMMENT ON COLUMN planning.surge.expected IS 'orders a minute, when it began';
CREATE UNIQUE INDEX surge_open ON planning.surge (merchant_id, sku_id) WHERE ended_at IS NULL;
CALL penstock.tenant_table('planning.surge');
CALL penstock.publish('planning.surge', 'surges');

CREATE TABLE planning.surge_watch (
    merchant_id int NOT NULL,
    sku_id bigint NOT NULL,
    counted_to timestamptz NOT NULL,
    memory json NOT NULL,
    PRIMARY KEY (merchant_id, sku_id)
) WITH (fillfactor = 50);
COMMENT ON COLUMN planning.surge_watch.memory IS 'what the detector remembers of the SKU''s orders';
CALL penstock.tenant_table('planning.surge_watch');

CREATE TABLE planning.surge_clock (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    began_at timestamptz NOT NULL,
    counted_from timestamptz NOT NULL,
    counted_to timestamptz NOT NULL
);
COMMENT ON TABLE planning.surge_clock IS
    'since when orders are counted; the last turn counted from and to';
CALL penstock.operator_table('planning.surge_clock');
