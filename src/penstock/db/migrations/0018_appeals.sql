-- A merchant says that orders should not count against it; somebody decides, by a time, and says
-- why. What is granted is marked on the journey, and the scores follow by themselves.

CREATE TABLE experience.appeal (
    merchant_id int NOT NULL,
    appeal_id bigint GENERATED ALWAYS AS IDENTITY,
    request_key text NOT NULL,
    body_sha256 bytea NOT NULL,
    profile text NOT NULL,
    scenario text NOT NULL,
    statement text NOT NULL,
    status text NOT NULL DEFAULT 'filed'
        CHECK (status IN ('filed', 'decided', 'reopened', 'withdrawn')),
    filed_at timestamptz NOT NULL,
    filed_by text NOT NULL,
    answer_by_at timestamptz NOT NULL,
    decided_at timestamptz,
    again_by_at timestamptz,
    PRIMARY KEY (merchant_id, appeal_id),
    UNIQUE (merchant_id, request_key)
);
COMMENT ON COLUMN experience.appeal.again_by_at IS
    'until when the merchant may ask once more; null: it may not';
CREATE INDEX appeal_waiting ON experience.appeal (answer_by_at)
    WHERE status IN ('filed', 'reopened');
CALL penstock.tenant_table('experience.appeal');
CALL penstock.publish('experience.appeal', 'appeals');

CREATE TABLE experience.appeal_order (
    merchant_id int NOT NULL,
    appeal_id bigint NOT NULL,
    fulfilment_order_id bigint NOT NULL,
    order_ref text NOT NULL,
    counted_at timestamptz NOT NULL,
    outcome text NOT NULL DEFAULT 'waiting'
        CHECK (outcome IN ('waiting', 'granted', 'refused', 'withdrawn')),
    stood text NOT NULL DEFAULT 'withdrawn',
    because text NOT NULL DEFAULT '',
    PRIMARY KEY (merchant_id, appeal_id, fulfilment_order_id)
);
COMMENT ON COLUMN experience.appeal_order.counted_at IS 'from when it cost points';
COMMENT ON COLUMN experience.appeal_order.stood IS 'its outcome if what waits is withdrawn';
CREATE UNIQUE INDEX appeal_order_once ON experience.appeal_order (merchant_id, fulfilment_order_id)
    WHERE outcome <> 'withdrawn';
CALL penstock.tenant_table('experience.appeal_order');
CALL penstock.publish('experience.appeal_order', 'appeal_orders');

CREATE TABLE experience.appeal_move (
    merchant_id int NOT NULL,
    appeal_id bigint NOT NULL,
    move_id bigint GENERATED ALWAYS AS IDENTITY,
    from_status text NOT NULL,
    event text NOT NULL,
    to_status text NOT NULL,
    at timestamptz NOT NULL,
    moved_by text NOT NULL,
    because text NOT NULL,
    PRIMARY KEY (merchant_id, appeal_id, move_id)
);
CALL penstock.tenant_table('experience.appeal_move');
REVOKE UPDATE, DELETE ON experience.appeal_move FROM penstock_operator, penstock_merchant;
CALL penstock.publish('experience.appeal_move', 'appeal_moves');

CREATE TABLE experience.appeal_file (
    merchant_id int NOT NULL,
    appeal_id bigint NOT NULL,
    sha256 text NOT NULL,
    title text NOT NULL,
    media_type text NOT NULL,
    content bytea NOT NULL,
    added_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, appeal_id, sha256)
);
COMMENT ON TABLE experience.appeal_file IS 'photographs and documents that the merchant hands in';
CALL penstock.tenant_table('experience.appeal_file');
REVOKE UPDATE, DELETE ON experience.appeal_file FROM penstock_operator, penstock_merchant;
