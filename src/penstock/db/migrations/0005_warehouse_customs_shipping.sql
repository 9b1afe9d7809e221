-- The floor, the border, the hand-over.

CALL penstock.stage('warehouse');

CREATE TABLE warehouse.carton (
    carton text PRIMARY KEY,
    length_mm int NOT NULL,
    width_mm int NOT NULL,
    height_mm int NOT NULL,
    tare_g int NOT NULL,
    load_g int NOT NULL
);
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
CALL penstock.operator_table('warehouse.batch');
CALL penstock.publish('warehouse.batch', 'batches');

CREATE TABLE warehouse.batch_order (
    node_id int NOT NULL,
    batch_id bigint NOT NULL,
    merchant_id int NOT NULL,
    fulfilment_order_id bigint NOT NULL,
    PRIMARY KEY (node_id, batch_id, merchant_id, fulfilment_order_id)
);
CREATE INDEX batch_order_order ON warehouse.batch_order (merchant_id, fulfilment_order_id);
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

---------------------------------------------------------------------------------------------------
CALL penstock.stage('customs');

CREATE TABLE customs.declaration (
    merchant_id int NOT NULL,
    parcel_id bigint NOT NULL,
    vendor text NOT NULL,
    reference text NOT NULL,
    jurisdiction text NOT NULL,
    value_minor bigint NOT NULL,
    duty_minor bigint NOT NULL,
    vat_minor bigint NOT NULL,
    fees_minor bigint NOT NULL,
    currency text NOT NULL,
    rules text[] NOT NULL,
    warnings text[] NOT NULL,
    broker_reference text NOT NULL,
    lodged_at timestamptz NOT NULL,
    held_because text,
    cleared_at timestamptz,
    refused_at timestamptz,
    PRIMARY KEY (merchant_id, parcel_id)
);
COMMENT ON COLUMN customs.declaration.rules IS 'the dated rules that the quote used';
CALL penstock.tenant_table('customs.declaration');
CALL penstock.publish('customs.declaration', 'declarations');

---------------------------------------------------------------------------------------------------
CALL penstock.stage('shipping');

CREATE TABLE shipping.label (
    merchant_id int NOT NULL,
    parcel_id bigint NOT NULL,
    vendor text NOT NULL,
    service text NOT NULL,
    tracking_number text NOT NULL,
    fee_minor bigint NOT NULL,
    currency text NOT NULL,
    bought_at timestamptz NOT NULL,
    deliver_by_at timestamptz NOT NULL,
    manifest text,
    handed_over_at timestamptz,
    PRIMARY KEY (merchant_id, parcel_id),
    UNIQUE (vendor, tracking_number)
);
COMMENT ON COLUMN shipping.label.deliver_by_at IS 'the carrier''s own promise';
CREATE INDEX label_manifest ON shipping.label (manifest) WHERE handed_over_at IS NULL;
CALL penstock.tenant_table('shipping.label');
CALL penstock.publish('shipping.label', 'labels');

CREATE TABLE shipping.manifest (
    manifest text PRIMARY KEY,
    vendor text NOT NULL,
    node_id int NOT NULL,
    parcels int NOT NULL,
    vendor_reference text NOT NULL,
    closed_at timestamptz NOT NULL,
    handed_over_at timestamptz
);
CREATE INDEX manifest_waiting ON shipping.manifest (node_id, closed_at)
    WHERE handed_over_at IS NULL;
CALL penstock.operator_table('shipping.manifest');
CALL penstock.publish('shipping.manifest', 'manifests');
