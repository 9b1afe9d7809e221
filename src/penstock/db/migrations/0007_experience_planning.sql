-- What was experienced, and what is expected.

CALL penstock.stage('experience');

-- The milestones of one fulfilment order, one row, folded from the outbox or imported.
CREATE TABLE experience.journey (
    merchant_id int NOT NULL,
    fulfilment_order_id bigint NOT NULL,
    source text NOT NULL DEFAULT 'live',
    order_ref text NOT NULL,
    market text NOT NULL DEFAULT '',
    ordered_at timestamptz NOT NULL,
    paid_at timestamptz,
    accepted_at timestamptz,
    dispatch_by_at timestamptz,
    deliver_by_at timestamptz,
    allocated_at timestamptz,
    released_at timestamptz,
    picked_at timestamptz,
    packed_at timestamptz,
    labelled_at timestamptz,
    cleared_at timestamptz,
    dispatched_at timestamptz,
    transit_by_at timestamptz,
    delivered_at timestamptz,
    cancelled_at timestamptz,
    cancel_fault text,
    returned_at timestamptz,
    return_fault text,
    lost_at timestamptz,
    exception_fault text,
    review_score smallint,
    excluded text,
    PRIMARY KEY (merchant_id, fulfilment_order_id),
    UNIQUE (merchant_id, source, order_ref, fulfilment_order_id)
) WITH (fillfactor = 60);
COMMENT ON COLUMN experience.journey.transit_by_at IS 'the carrier''s own promise of delivery';
COMMENT ON COLUMN experience.journey.excluded IS 'why no metric counts it; null: counted';
CREATE INDEX journey_parcel ON experience.journey (merchant_id, ordered_at);
CALL penstock.tenant_table('experience.journey');
CALL penstock.publish('experience.journey', 'journeys');

CREATE TABLE experience.score (
    merchant_id int NOT NULL,
    profile text NOT NULL,
    day date NOT NULL,
    status text NOT NULL,
    score numeric(6, 2),
    detail jsonb NOT NULL,
    PRIMARY KEY (merchant_id, profile, day)
);
CALL penstock.tenant_table('experience.score');
CALL penstock.publish('experience.score', 'scores');

---------------------------------------------------------------------------------------------------
CALL penstock.stage('planning');

CREATE TABLE planning.forecast (
    merchant_id int NOT NULL,
    sku_id bigint NOT NULL,
    made_on date NOT NULL,
    day date NOT NULL,
    units_mean numeric(12, 3) NOT NULL,
    units_high numeric(12, 3) NOT NULL,
    PRIMARY KEY (merchant_id, sku_id, made_on, day)
);
COMMENT ON COLUMN planning.forecast.units_high IS '90th percentile';
CALL penstock.tenant_table('planning.forecast');
CALL penstock.publish('planning.forecast', 'forecasts');
