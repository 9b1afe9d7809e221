-- The floor, the border, the hand-over.

CALL penstock.stage('warehouse');

CREATE TABLE warehouse.carton (
    carton text PRIMARY KEY CHECK (carton <> 'own'),
    length_mm int NOT NULL CHECK (length_mm > 0),
    width_mm int NOT NULL CHECK (width_mm > 0),
    height_mm int NOT NULL CHECK (height_mm > 0),
    tare_g int NOT NULL CHECK (tare_g >= 0),
    load_g int NOT NULL CHECK (load_g > 0)
);
COMMENT ON COLUMN warehouse.carton.carton IS 'own: a parcel that ships in its unit''s packaging';
COMMENT ON COLUMN warehouse.carton.load_g IS 'the heaviest contents, without the tare';
CALL penstock.network_table('warehouse.carton');
CALL penstock.publish('warehouse.carton', 'cartons');

-- The floor works for all merchants at once, so its own tables are keyed by node.
CREATE TABLE warehouse.batch (
    node_id int NOT NULL,
    batch_id bigint GENERATED ALWAYS AS IDENTITY,
    style text NOT NULL CHECK (style IN ('single_sku', 'mixed')),
    orders int NOT NULL,
    ship_by_at timestamptz NOT NULL,
    released_at timestamptz NOT NULL,
    picker text,
    started_at timestamptz,
    picked_at timestamptz,
    PRIMARY KEY (node_id, batch_id)
);
CREATE INDEX batch_open ON warehouse.batch (node_id, ship_by_at, batch_id) WHERE picker IS NULL;
-- A picker has one batch in hand.
CREATE UNIQUE INDEX batch_in_hand ON warehouse.batch (node_id, picker)
    WHERE picker IS NOT NULL AND picked_at IS NULL;
CALL penstock.operator_table('warehouse.batch');
CALL penstock.publish('warehouse.batch', 'batches');

CREATE TABLE warehouse.batch_order (
    node_id int NOT NULL,
    batch_id bigint NOT NULL,
    merchant_id int NOT NULL,
    fulfilment_order_id bigint NOT NULL,
    ship_by_at timestamptz NOT NULL,
    picked_at timestamptz,
    short_at timestamptz,
    packed_at timestamptz,
    PRIMARY KEY (node_id, batch_id, merchant_id, fulfilment_order_id),
    CHECK (picked_at IS NULL OR short_at IS NULL),
    CHECK (packed_at IS NULL OR picked_at IS NOT NULL)
);
COMMENT ON COLUMN warehouse.batch_order.short_at IS
    'units were missing: the order left the floor and may come back in another batch';
CREATE INDEX batch_order_order ON warehouse.batch_order (merchant_id, fulfilment_order_id);
-- What is on the floor, in one batch at a time.
CREATE UNIQUE INDEX batch_order_to_pick ON warehouse.batch_order (merchant_id, fulfilment_order_id)
    INCLUDE (node_id) WHERE picked_at IS NULL AND short_at IS NULL;
CREATE INDEX batch_order_to_pack
    ON warehouse.batch_order (node_id, ship_by_at, fulfilment_order_id, merchant_id)
    WHERE picked_at IS NOT NULL AND packed_at IS NULL;
CALL penstock.operator_table('warehouse.batch_order');
CALL penstock.publish('warehouse.batch_order', 'batch_orders');

-- What a picker found for one line of one fulfilment order.
CREATE TABLE warehouse.pick (
    merchant_id int NOT NULL,
    fulfilment_order_id bigint NOT NULL,
    line_no int NOT NULL,
    batch_id bigint NOT NULL,
    node_id int NOT NULL,
    sku_id bigint NOT NULL,
    wanted int NOT NULL,
    picked int NOT NULL CHECK (picked BETWEEN 0 AND wanted),
    picker text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, fulfilment_order_id, line_no, batch_id)
);
CALL penstock.tenant_table('warehouse.pick');
CALL penstock.publish('warehouse.pick', 'picks');

CREATE TABLE warehouse.parcel (
    merchant_id int NOT NULL,
    parcel_id bigint NOT NULL,
    fulfilment_order_id bigint NOT NULL,
    parcel_no int NOT NULL,
    node_id int NOT NULL,
    country text NOT NULL,
    carton text NOT NULL,
    weight_g int NOT NULL CHECK (weight_g > 0),
    packer text NOT NULL,
    packed_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, parcel_id),
    UNIQUE (merchant_id, fulfilment_order_id, parcel_no)
);
CALL penstock.tenant_table('warehouse.parcel');
CALL penstock.publish('warehouse.parcel', 'parcels');

CREATE TABLE warehouse.parcel_line (
    merchant_id int NOT NULL,
    parcel_id bigint NOT NULL,
    line_no int NOT NULL,
    sku_id bigint NOT NULL,
    quantity int NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (merchant_id, parcel_id, line_no)
);
CALL penstock.tenant_table('warehouse.parcel_line');
CALL penstock.publish('warehouse.parcel_line', 'parcel_lines');

-- A parcel measures what its carton measures, or the one unit that ships in its own packaging.
CREATE VIEW warehouse.parcel_sizes WITH (security_invoker = true) AS
    SELECT p.merchant_id, p.parcel_id,
        coalesce(c.length_mm, k.length_mm) AS length_mm,
        coalesce(c.width_mm, k.width_mm) AS width_mm,
        coalesce(c.height_mm, k.height_mm) AS height_mm
    FROM warehouse.parcel AS p
    LEFT JOIN warehouse.carton AS c ON c.carton = p.carton
    LEFT JOIN warehouse.parcel_line AS l
        ON p.carton = 'own' AND (l.merchant_id, l.parcel_id) = (p.merchant_id, p.parcel_id)
    LEFT JOIN merchants.skus AS k ON (k.merchant_id, k.sku_id) = (l.merchant_id, l.sku_id);
GRANT SELECT ON warehouse.parcel_sizes TO penstock_operator, penstock_merchant;

---------------------------------------------------------------------------------------------------
CALL penstock.stage('customs');

-- Written with the intent to lodge it; what the broker and the border say is filled in later.
CREATE TABLE customs.declaration (
    merchant_id int NOT NULL,
    parcel_id bigint NOT NULL,
    vendor text NOT NULL,
    reference text NOT NULL,
    jurisdiction text NOT NULL,
    value_minor bigint NOT NULL,
    duty_minor bigint NOT NULL,
    vat_minor bigint NOT NULL,
    vat_collected text NOT NULL CHECK (vat_collected IN ('none', 'checkout', 'border')),
    fees_minor bigint NOT NULL,
    currency text NOT NULL,
    rules text[] NOT NULL,
    warnings text[] NOT NULL,
    prepared_at timestamptz NOT NULL,
    broker_reference text NOT NULL DEFAULT '',
    lodged_at timestamptz,
    held_because text,
    cleared_at timestamptz,
    refused_at timestamptz,
    PRIMARY KEY (merchant_id, parcel_id),
    UNIQUE (vendor, reference),
    CONSTRAINT one_last_word CHECK (cleared_at IS NULL OR refused_at IS NULL)
);
COMMENT ON COLUMN customs.declaration.rules IS 'the dated rules that the quote used';
COMMENT ON COLUMN customs.declaration.lodged_at IS 'null: the broker has not taken it yet';
CALL penstock.tenant_table('customs.declaration');
CALL penstock.publish('customs.declaration', 'declarations');

-- A broker that refused a parcel is not asked for it again.
CREATE TABLE customs.refusal (
    merchant_id int NOT NULL,
    parcel_id bigint NOT NULL,
    vendor text NOT NULL,
    because text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, parcel_id, vendor)
);
CALL penstock.tenant_table('customs.refusal');
CALL penstock.publish('customs.refusal', 'refusals');

-- What brokers said, in their words and in ours.
CREATE TABLE customs.event (
    vendor text NOT NULL,
    event_id text NOT NULL,
    merchant_id int NOT NULL,
    parcel_id bigint NOT NULL,
    code text NOT NULL,
    status text NOT NULL,
    fault text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    occurred_at timestamptz NOT NULL,
    local_time text NOT NULL,
    zone_source text NOT NULL CHECK (zone_source IN ('offset', 'vendor')),
    received_at timestamptz NOT NULL,
    PRIMARY KEY (vendor, event_id)
);
COMMENT ON COLUMN customs.event.status IS
    'cleared, held, refused, info; unknown: the code is in no vocabulary, send it again once it is';
CREATE INDEX event_parcel ON customs.event (merchant_id, parcel_id);
CALL penstock.tenant_table('customs.event');
CALL penstock.publish('customs.event', 'events');

---------------------------------------------------------------------------------------------------
CALL penstock.stage('shipping');

-- The first pick-up after an instant: one that leaves at this very instant is missed.
CREATE FUNCTION shipping.next_pickup(at timestamptz, cut_off time, zone text) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN ((at AT TIME ZONE zone)::date + cut_off) AT TIME ZONE zone > at
            THEN ((at AT TIME ZONE zone)::date + cut_off) AT TIME ZONE zone
        ELSE ((at AT TIME ZONE zone)::date + 1 + cut_off) AT TIME ZONE zone
    END;

-- The carrier's own promise: the last second of its day, so many days after the pick-up's date.
CREATE FUNCTION shipping.promised(pickup_on date, transit_days int, zone text) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((pickup_on + transit_days + 1)::timestamp AT TIME ZONE zone) - interval '1 second';

-- Which carrier was chosen for a parcel, and what the contract says of it.
CREATE TABLE shipping.choice (
    merchant_id int NOT NULL,
    parcel_id bigint NOT NULL,
    vendor text NOT NULL,
    node_id int NOT NULL,
    service text NOT NULL,
    pickup_on date NOT NULL,
    transit_days int NOT NULL,
    fee_minor bigint NOT NULL,
    currency text NOT NULL,
    in_time boolean NOT NULL,
    chosen_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, parcel_id)
);
COMMENT ON COLUMN shipping.choice.fee_minor IS 'by the contract; what was charged is on the label';
COMMENT ON COLUMN shipping.choice.in_time IS
    'false: no carrier meets the promise, this one is the fastest';
CALL penstock.tenant_table('shipping.choice');
CALL penstock.publish('shipping.choice', 'choices');

-- One counter row a carrier, node and pick-up: its capacity is guarded here.
CREATE TABLE shipping.booking (
    vendor text NOT NULL,
    node_id int NOT NULL,
    pickup_on date NOT NULL,
    parcels int NOT NULL DEFAULT 0 CHECK (parcels >= 0),
    PRIMARY KEY (vendor, node_id, pickup_on)
) WITH (fillfactor = 50);
CALL penstock.operator_table('shipping.booking');
CALL penstock.publish('shipping.booking', 'bookings');

-- A carrier that refused a parcel is not chosen for it again.
CREATE TABLE shipping.refusal (
    merchant_id int NOT NULL,
    parcel_id bigint NOT NULL,
    vendor text NOT NULL,
    because text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, parcel_id, vendor)
);
CALL penstock.tenant_table('shipping.refusal');
CALL penstock.publish('shipping.refusal', 'refusals');

CREATE TABLE shipping.label (
    merchant_id int NOT NULL,
    parcel_id bigint NOT NULL,
    vendor text NOT NULL,
    service text NOT NULL,
    tracking_number text NOT NULL,
    fee_minor bigint NOT NULL,
    currency text NOT NULL,
    bought_at timestamptz NOT NULL,
    pickup_at timestamptz NOT NULL,
    deliver_by_at timestamptz NOT NULL,
    manifest text,
    handed_over_at timestamptz,
    PRIMARY KEY (merchant_id, parcel_id),
    UNIQUE (vendor, tracking_number)
);
COMMENT ON COLUMN shipping.label.deliver_by_at IS 'the carrier''s own promise';
COMMENT ON COLUMN shipping.label.manifest IS 'the last one that it was put on, closed or not';
CREATE INDEX label_manifest ON shipping.label (manifest) WHERE handed_over_at IS NULL;
CALL penstock.tenant_table('shipping.label');
CALL penstock.publish('shipping.label', 'labels');

-- Written with the intent to close it; what the carrier answers is filled in later.
CREATE TABLE shipping.manifest (
    manifest text PRIMARY KEY,
    vendor text NOT NULL,
    node_id int NOT NULL,
    pickup_at timestamptz NOT NULL,
    number int NOT NULL,
    parcels int NOT NULL,
    prepared_at timestamptz NOT NULL,
    vendor_reference text NOT NULL DEFAULT '',
    closed_at timestamptz,
    refused_because text,
    handed_over_at timestamptz,
    UNIQUE (vendor, node_id, pickup_at, number)
);
COMMENT ON COLUMN shipping.manifest.number IS 'a pick-up that outgrows a batch has several';
COMMENT ON COLUMN shipping.manifest.closed_at IS 'null: the carrier does not know of it yet';
COMMENT ON COLUMN shipping.manifest.handed_over_at IS 'when its last parcel left';
CREATE INDEX manifest_waiting ON shipping.manifest (node_id, closed_at)
    WHERE closed_at IS NOT NULL AND handed_over_at IS NULL;
CALL penstock.operator_table('shipping.manifest');
CALL penstock.publish('shipping.manifest', 'manifests');
