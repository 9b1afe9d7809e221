-- Streams that can be run: capacity booked for them, orders counted by the minute, brakes, limits of
-- units a buyer, admission tickets, and the report that closes them out.

ALTER TABLE streams.stream
    ADD COLUMN channels text[] NOT NULL DEFAULT '{}',
    ADD COLUMN cancelled_at timestamptz,
    ADD COLUMN counted_to timestamptz NOT NULL DEFAULT '-infinity';
COMMENT ON COLUMN streams.stream.channels IS 'where its orders come from; empty: from anywhere';
COMMENT ON COLUMN streams.stream.counted_to IS 'up to here its orders are in streams.minute';
CREATE OR REPLACE VIEW streams.streams WITH (security_invoker = true) AS
    SELECT * FROM streams.stream;
CREATE INDEX stream_open ON streams.stream (ends_at) WHERE state <> 'closed';

-- What the monitor counts is the end of this index; orders outside streams do not pay for it.
CREATE INDEX receipt_stream ON orders.receipt (merchant_id, stream_id, received_at)
    WHERE stream_id IS NOT NULL;

CREATE TABLE streams.booking (
    merchant_id int NOT NULL,
    stream_id bigint NOT NULL,
    node_id int NOT NULL,
    wanted int NOT NULL CHECK (wanted > 0),
    booked int NOT NULL CHECK (booked BETWEEN 0 AND wanted),
    PRIMARY KEY (merchant_id, stream_id, node_id)
);
COMMENT ON TABLE streams.booking IS 'orders an hour that a node sets aside while the stream is on';
CREATE INDEX booking_node ON streams.booking (node_id);
CALL penstock.tenant_table('streams.booking');
CALL penstock.publish('streams.booking', 'bookings');

CREATE TABLE streams.minute (
    merchant_id int NOT NULL,
    stream_id bigint NOT NULL,
    sku_id bigint NOT NULL,
    outcome text NOT NULL,
    minute timestamptz NOT NULL,
    orders int NOT NULL DEFAULT 0,
    units int NOT NULL DEFAULT 0,
    turned_away int NOT NULL DEFAULT 0,
    PRIMARY KEY (merchant_id, stream_id, sku_id, outcome, minute)
) WITH (fillfactor = 70);
COMMENT ON COLUMN streams.minute.sku_id IS '0: the stream as a whole';
COMMENT ON COLUMN streams.minute.turned_away IS
    'orders refused without being stored, as a brake does; counted where they are refused';
CALL penstock.tenant_table('streams.minute');
CALL penstock.publish('streams.minute', 'minutes');

-- A brake is never deleted: set, counted and released, it is its own log.
CREATE TABLE streams.brake (
    merchant_id int NOT NULL,
    brake_id bigint GENERATED ALWAYS AS IDENTITY,
    stream_id bigint NOT NULL,
    sku_id bigint NOT NULL DEFAULT 0,
    kind text NOT NULL CHECK (kind IN ('pause', 'throttle', 'cap')),
    value int NOT NULL DEFAULT 0 CHECK (value >= 0),
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL DEFAULT 'infinity',
    because text NOT NULL,
    by text NOT NULL,
    rule text NOT NULL DEFAULT '',
    released_by text NOT NULL DEFAULT '',
    released_because text NOT NULL DEFAULT '',
    minute_at timestamptz NOT NULL DEFAULT '-infinity',
    in_minute int NOT NULL DEFAULT 0,
    taken bigint NOT NULL DEFAULT 0,
    turned_away bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (merchant_id, brake_id)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
COMMENT ON COLUMN streams.brake.sku_id IS '0: the whole stream';
COMMENT ON COLUMN streams.brake.value IS 'throttle: orders a minute; cap: units in all';
COMMENT ON COLUMN streams.brake.in_minute IS 'orders let through in the minute that is minute_at';
COMMENT ON COLUMN streams.brake.taken IS 'units that the stream has sold, those before it included';
CREATE INDEX brake_in_force ON streams.brake (merchant_id, stream_id, to_at);
CALL penstock.tenant_table('streams.brake');
CALL penstock.publish('streams.brake', 'brakes');

CREATE TABLE streams.brake_rule (
    merchant_id int NOT NULL,
    code text NOT NULL,
    effective_from timestamptz NOT NULL,
    effective_to timestamptz NOT NULL DEFAULT 'infinity',
    stream_id bigint NOT NULL DEFAULT 0,
    measure text NOT NULL
        CHECK (measure IN ('late_percent', 'backlog_age_min', 'stock_out_min')),
    threshold double precision NOT NULL CHECK (threshold >= 0),
    kind text NOT NULL CHECK (kind IN ('pause', 'throttle', 'cap')),
    value int NOT NULL DEFAULT 0 CHECK (value >= 0),
    at_least_min int NOT NULL CHECK (at_least_min > 0),
    PRIMARY KEY (merchant_id, code, effective_from),
    CHECK (effective_from <= effective_to)
);
COMMENT ON COLUMN streams.brake_rule.stream_id IS '0: every stream of the merchant';
COMMENT ON COLUMN streams.brake_rule.at_least_min IS 'a brake by rule stays on for so long';
CALL penstock.tenant_table('streams.brake_rule');

CREATE TABLE streams.buyer_limit (
    merchant_id int NOT NULL,
    stream_id bigint NOT NULL,
    sku_id bigint NOT NULL DEFAULT 0,
    units int NOT NULL CHECK (units > 0),
    by text NOT NULL,
    set_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, stream_id, sku_id)
);
COMMENT ON COLUMN streams.buyer_limit.sku_id IS '0: of all SKUs together';
CALL penstock.tenant_table('streams.buyer_limit');

-- What each buyer has of a stream with a limit; a row an order, so that a cancelled one drops out.
CREATE TABLE streams.bought (
    merchant_id int NOT NULL,
    stream_id bigint NOT NULL,
    buyer_id text NOT NULL,
    order_id bigint NOT NULL,
    sku_id bigint NOT NULL,
    units int NOT NULL CHECK (units > 0),
    PRIMARY KEY (merchant_id, stream_id, buyer_id, order_id, sku_id)
);
CALL penstock.tenant_table('streams.bought');

-- One row a SKU that is sold by ticket: its lock makes positions gapless and admission exact.
CREATE TABLE streams.admission (
    merchant_id int NOT NULL,
    stream_id bigint NOT NULL,
    sku_id bigint NOT NULL,
    per_minute int NOT NULL CHECK (per_minute > 0),
    valid_s int NOT NULL CHECK (valid_s > 0),
    last_position bigint NOT NULL DEFAULT 0,
    credit double precision NOT NULL DEFAULT 0,
    credited_at timestamptz NOT NULL,
    open boolean NOT NULL DEFAULT true,
    PRIMARY KEY (merchant_id, stream_id, sku_id)
) WITH (fillfactor = 50);
COMMENT ON COLUMN streams.admission.credit IS 'tickets that the rate would let in now';
CREATE INDEX admission_open ON streams.admission (merchant_id, stream_id) WHERE open;
CALL penstock.tenant_table('streams.admission');

CREATE TABLE streams.ticket (
    merchant_id int NOT NULL,
    ticket_id bigint GENERATED ALWAYS AS IDENTITY,
    stream_id bigint NOT NULL,
    sku_id bigint NOT NULL,
    position bigint NOT NULL,
    client_key text NOT NULL,
    buyer_id text NOT NULL DEFAULT '',
    units int NOT NULL DEFAULT 1 CHECK (units > 0),
    status text NOT NULL DEFAULT 'waiting'
        CHECK (status IN ('waiting', 'admitted', 'used', 'sold_out', 'expired')),
    drawn_at timestamptz NOT NULL,
    admitted_at timestamptz,
    expires_at timestamptz,
    used_at timestamptz,
    PRIMARY KEY (merchant_id, ticket_id),
    UNIQUE (merchant_id, stream_id, sku_id, position),
    UNIQUE (merchant_id, stream_id, sku_id, client_key)
) WITH (fillfactor = 70);
CREATE INDEX ticket_open ON streams.ticket (merchant_id, stream_id, sku_id, position)
    WHERE status IN ('waiting', 'sold_out');
CREATE INDEX ticket_admitted ON streams.ticket (merchant_id, stream_id, sku_id, expires_at)
    WHERE status = 'admitted';
CALL penstock.tenant_table('streams.ticket');

-- What the last look found that is too dear to find for every reader.
CREATE TABLE streams.watch (
    merchant_id int NOT NULL,
    stream_id bigint NOT NULL,
    at timestamptz NOT NULL,
    open_orders int NOT NULL,
    late_orders int NOT NULL,
    oldest_unserved_at timestamptz,
    backlog jsonb NOT NULL,
    PRIMARY KEY (merchant_id, stream_id)
);
CALL penstock.tenant_table('streams.watch');

CREATE TABLE streams.report (
    merchant_id int NOT NULL,
    stream_id bigint NOT NULL,
    closed_at timestamptz NOT NULL,
    settled_at timestamptz,
    accepted_orders int NOT NULL,
    sold_units int NOT NULL,
    refused jsonb NOT NULL,
    peak_orders int NOT NULL,
    peak_at timestamptz,
    expected_orders int NOT NULL,
    given_back int NOT NULL,
    dispatched int NOT NULL DEFAULT 0,
    late int NOT NULL DEFAULT 0,
    cancelled int NOT NULL DEFAULT 0,
    under_way int NOT NULL DEFAULT 0,
    shape int[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (merchant_id, stream_id)
);
COMMENT ON COLUMN streams.report.shape IS 'accepted orders in each twentieth of the stream''s time';
COMMENT ON COLUMN streams.report.settled_at IS 'since when nothing of it is under way any more';
CREATE INDEX report_closed ON streams.report (closed_at);
CREATE INDEX report_unsettled ON streams.report (closed_at) WHERE settled_at IS NULL;
CALL penstock.tenant_table('streams.report');
CALL penstock.publish('streams.report', 'reports');
