-- What a score does to a merchant: every act is proposed, logged, told, and can be undone; and the
-- terms on which a merchant deals, which such acts set.

ALTER TABLE merchants.policy
    DROP CONSTRAINT policy_kind_check,
    ADD CONSTRAINT policy_kind_check CHECK (
        kind IN ('ladder', 'volume_limit', 'capacity', 'hold', 'reservation', 'merge', 'act'));

-- One row is one act with its whole life; it is never deleted.
CREATE TABLE merchants.action (
    merchant_id int NOT NULL,
    action_id bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL CHECK (
        kind IN ('tier', 'volume_limit', 'settlement_days', 'return_share', 'streams')),
    state text NOT NULL DEFAULT 'proposed' CHECK (
        state IN ('proposed', 'applied', 'rejected', 'withdrawn', 'reverted')),
    policy text NOT NULL,
    profile text NOT NULL,
    day date,
    score numeric,
    band text NOT NULL,
    before jsonb,
    wanted jsonb,
    made_id bigint,
    because text NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by text NOT NULL DEFAULT '',
    decided_because text NOT NULL DEFAULT '',
    reverted_at timestamptz,
    reverted_by text NOT NULL DEFAULT '',
    reverted_because text NOT NULL DEFAULT '',
    PRIMARY KEY (merchant_id, action_id),
    CHECK ((state = 'proposed') = (decided_at IS NULL)),
    CHECK ((state = 'reverted') = (reverted_at IS NOT NULL))
);
COMMENT ON COLUMN merchants.action.day IS 'of the score';
COMMENT ON COLUMN merchants.action.band IS 'the tier or band that the score led to';
COMMENT ON COLUMN merchants.action.before IS 'what was in force when it was proposed; null: nothing';
COMMENT ON COLUMN merchants.action.wanted IS 'what is to be in force; null: nothing';
COMMENT ON COLUMN merchants.action.made_id IS 'the tier, volume limit or term that it made';
CREATE UNIQUE INDEX action_open ON merchants.action (merchant_id, kind, policy)
    WHERE state = 'proposed';
CREATE INDEX action_of_policy ON merchants.action (merchant_id, policy, kind, action_id);
CALL penstock.tenant_table('merchants.action');
CALL penstock.publish('merchants.action', 'actions');
REVOKE INSERT, UPDATE ON merchants.action FROM penstock_merchant;

-- The row that has not ended is in force; without one the default of whoever reads it is.
CREATE TABLE merchants.term (
    merchant_id int NOT NULL,
    term_id bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL CHECK (kind IN ('settlement_days', 'return_share', 'streams')),
    value int NOT NULL CHECK (value >= 0),
    from_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL DEFAULT 'infinity',
    because text NOT NULL,
    decided_by text NOT NULL,
    PRIMARY KEY (merchant_id, term_id),
    CHECK (from_at <= ended_at),
    CHECK (kind <> 'return_share' OR value <= 100)
);
COMMENT ON COLUMN merchants.term.value IS
    'settlement_days: from delivery to payment; return_share: the merchant''s percentage of what it '
    'and the platform bear of a return; streams: 0, no new livestream may be scheduled';
CREATE UNIQUE INDEX term_present ON merchants.term (merchant_id, kind) WHERE ended_at = 'infinity';
CREATE INDEX term_time ON merchants.term (merchant_id, kind, ended_at);
CALL penstock.tenant_table('merchants.term');
CALL penstock.publish('merchants.term', 'terms');
REVOKE INSERT, UPDATE ON merchants.term FROM penstock_merchant;
