-- On the road, back again, and who pays.

CALL penstock.stage('tracking');

CREATE TABLE tracking.event (
    vendor text NOT NULL,
    event_id text NOT NULL,
    merchant_id int NOT NULL,
    parcel_id bigint NOT NULL,
    code text NOT NULL,
    status text NOT NULL,
    fault text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    place text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    occurred_at timestamptz NOT NULL,
    local_time text NOT NULL,
    zone_source text NOT NULL CHECK (zone_source IN ('offset', 'vendor')),
    received_at timestamptz NOT NULL,
    PRIMARY KEY (vendor, event_id)
);
COMMENT ON COLUMN tracking.event.status IS
    'in our words; unknown: the code is in no vocabulary, send it again once it is';
COMMENT ON COLUMN tracking.event.local_time IS 'as the vendor wrote it';
COMMENT ON COLUMN tracking.event.zone_source IS
    'offset: the vendor gave one; vendor: the zone on the vendor''s record was taken';
CREATE INDEX event_parcel ON tracking.event (merchant_id, parcel_id, occurred_at);
CALL penstock.tenant_table('tracking.event');
CALL penstock.publish('tracking.event', 'events');

-- How far a parcel has come by all that its carrier has said, in whatever order it said it.
CREATE TABLE tracking.standing (
    merchant_id int NOT NULL,
    parcel_id bigint NOT NULL,
    event text NOT NULL,
    rank int NOT NULL,
    occurred_at timestamptz NOT NULL,
    fault text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    first_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, parcel_id)
) WITH (fillfactor = 70);
COMMENT ON COLUMN tracking.standing.first_at IS 'when the carrier first said that it has it';
CALL penstock.tenant_table('tracking.standing');
CALL penstock.publish('tracking.standing', 'standings');

CREATE TABLE tracking.exception (
    merchant_id int NOT NULL,
    subject_id bigint NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    reason text NOT NULL,
    fault text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    PRIMARY KEY (merchant_id, subject_id, opened_at)
);
CREATE UNIQUE INDEX exception_open ON tracking.exception (merchant_id, subject_id)
    WHERE closed_at IS NULL;
CALL penstock.tenant_table('tracking.exception');
CALL penstock.publish('tracking.exception', 'exceptions');

---------------------------------------------------------------------------------------------------
CALL penstock.stage('returns');

-- Market × reason: how long, whose fault, and who pays which share (weights) of the way back.
CREATE TABLE returns.policy (
    policy_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    country text NOT NULL,
    reason text NOT NULL,
    window_days int NOT NULL CHECK (window_days >= 0),
    fault text NOT NULL CHECK (fault IN ('seller', 'buyer', 'platform', 'carrier')),
    merchant_weight int NOT NULL CHECK (merchant_weight >= 0),
    platform_weight int NOT NULL CHECK (platform_weight >= 0),
    carrier_weight int NOT NULL CHECK (carrier_weight >= 0),
    shopper_weight int NOT NULL CHECK (shopper_weight >= 0),
    missing_percent int NOT NULL DEFAULT 0 CHECK (missing_percent BETWEEN 0 AND 100),
    source text NOT NULL DEFAULT '',
    effective_from date NOT NULL,
    effective_to date NOT NULL DEFAULT 'infinity',
    UNIQUE (country, reason, effective_from),
    CHECK (effective_from <= effective_to),
    CHECK (merchant_weight + platform_weight + carrier_weight + shopper_weight > 0)
);
COMMENT ON COLUMN returns.policy.country IS '*: every country without a policy of its own';
COMMENT ON COLUMN returns.policy.missing_percent IS 'of the price, for units that did not come back';
CALL penstock.network_table('returns.policy');
CALL penstock.publish('returns.policy', 'policies');

-- Units of a delivered line that are on their way back: no unit comes back twice.
CREATE TABLE returns.delivered_line (
    merchant_id int NOT NULL,
    fulfilment_order_id bigint NOT NULL,
    line_no int NOT NULL,
    delivered int NOT NULL,
    returned int NOT NULL DEFAULT 0,
    PRIMARY KEY (merchant_id, fulfilment_order_id, line_no),
    CONSTRAINT never_returned_twice CHECK (returned BETWEEN 0 AND delivered)
);
CALL penstock.tenant_table('returns.delivered_line');

CREATE TABLE returns.rma (
    merchant_id int NOT NULL,
    return_id bigint NOT NULL,
    request_key text NOT NULL,
    body_sha256 bytea NOT NULL,
    reference text NOT NULL,
    order_id bigint NOT NULL,
    fulfilment_order_id bigint NOT NULL,
    country text NOT NULL,
    reason text NOT NULL,
    fault text NOT NULL DEFAULT '',
    node_id int NOT NULL,
    vendor text NOT NULL DEFAULT '',
    policy_id int REFERENCES returns.policy,
    delivered_at timestamptz NOT NULL,
    requested_at timestamptz NOT NULL,
    decided_because text NOT NULL DEFAULT '',
    label_reference text,
    fee_minor bigint NOT NULL DEFAULT 0 CHECK (fee_minor >= 0),
    fee_currency text NOT NULL DEFAULT '',
    refund_minor bigint NOT NULL DEFAULT 0 CHECK (refund_minor >= 0),
    currency text NOT NULL,
    received_at timestamptz,
    settled_at timestamptz,
    PRIMARY KEY (merchant_id, return_id),
    UNIQUE (merchant_id, request_key)
);
COMMENT ON COLUMN returns.rma.reference IS
    'merchant''s code/request key: what the processor knows it by';
COMMENT ON COLUMN returns.rma.fee_minor IS 'the processor''s, in fee_currency';
CREATE INDEX rma_order ON returns.rma (merchant_id, fulfilment_order_id);
CREATE INDEX rma_reference ON returns.rma (vendor, reference);
CALL penstock.tenant_table('returns.rma');
CALL penstock.publish('returns.rma', 'rmas');

CREATE TABLE returns.rma_line (
    merchant_id int NOT NULL,
    return_id bigint NOT NULL,
    line_no int NOT NULL,
    sku_id bigint NOT NULL,
    quantity int NOT NULL CHECK (quantity > 0),
    unit_price_minor bigint NOT NULL,
    grade text CHECK (grade IN ('A', 'B', 'C', 'missing')),
    disposition text CHECK (disposition IN ('restock', 'refurbish', 'scrap', 'none')),
    PRIMARY KEY (merchant_id, return_id, line_no)
);
CALL penstock.tenant_table('returns.rma_line');
CALL penstock.publish('returns.rma_line', 'rma_lines');

-- What processors told; what came too early is held until the return has come that far.
CREATE TABLE returns.event (
    vendor text NOT NULL,
    event_id text NOT NULL,
    merchant_id int NOT NULL,
    return_id bigint NOT NULL,
    code text NOT NULL CHECK (code IN ('in_transit', 'received', 'graded')),
    grades jsonb NOT NULL DEFAULT '{}',
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    outcome text NOT NULL DEFAULT 'held' CHECK (outcome IN ('held', 'applied', 'too_late')),
    PRIMARY KEY (vendor, event_id)
);
COMMENT ON COLUMN returns.event.grades IS 'line number to grade; "*" for every line not named';
CREATE INDEX event_held ON returns.event (merchant_id, return_id) WHERE outcome = 'held';
CALL penstock.tenant_table('returns.event');
CALL penstock.publish('returns.event', 'events');

---------------------------------------------------------------------------------------------------
CALL penstock.stage('ledger');

-- One row is one transfer with its two legs, which sum to zero by construction.
CREATE TABLE ledger.transfer (
    merchant_id int NOT NULL,
    transfer_id bigint GENERATED ALWAYS AS IDENTITY,
    debit_account text NOT NULL,
    credit_account text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency text NOT NULL,
    reason text NOT NULL,
    subject_id bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, transfer_id),
    CONSTRAINT posted_once UNIQUE (merchant_id, subject_id, reason, debit_account, credit_account),
    CHECK (debit_account <> credit_account),
    CONSTRAINT known_debit_account CHECK (
        debit_account ~ '^(merchant|platform|shopper|(vendor|duty|vat|fees):[A-Za-z0-9._-]+)$'),
    CONSTRAINT known_credit_account CHECK (
        credit_account ~ '^(merchant|platform|shopper|(vendor|duty|vat|fees):[A-Za-z0-9._-]+)$')
);
CALL penstock.tenant_table('ledger.transfer');
CALL penstock.publish('ledger.transfer', 'transfers');
REVOKE UPDATE, DELETE ON ledger.transfer FROM penstock_operator, penstock_merchant;

CREATE VIEW ledger.legs WITH (security_invoker = true) AS
    SELECT merchant_id, transfer_id, debit_account AS account, amount_minor, currency, reason,
        subject_id, at
    FROM ledger.transfer
    UNION ALL
    SELECT merchant_id, transfer_id, credit_account, -amount_minor, currency, reason,
        subject_id, at
    FROM ledger.transfer;
GRANT SELECT ON ledger.legs TO penstock_operator, penstock_merchant;
