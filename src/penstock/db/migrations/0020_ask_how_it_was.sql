-- Who was asked how the service was, and what they said. The secret of an invitation is known to
-- whom it was sent, and kept here as a digest alone.

CREATE TABLE experience.invitation (
    merchant_id int NOT NULL,
    invitation_id bigint GENERATED ALWAYS AS IDENTITY,
    secret_sha256 bytea NOT NULL,
    round text NOT NULL,
    audience text NOT NULL CHECK (audience IN ('merchant', 'shopper')),
    fulfilment_order_id bigint NOT NULL DEFAULT 0,
    questionnaire text NOT NULL,
    version int NOT NULL,
    sent_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    answered_at timestamptz,
    PRIMARY KEY (merchant_id, invitation_id),
    CONSTRAINT invited_once UNIQUE (merchant_id, round, audience, fulfilment_order_id)
);
COMMENT ON COLUMN experience.invitation.fulfilment_order_id IS
    'what a shopper is asked about; 0: the merchant is asked';
CALL penstock.tenant_table('experience.invitation');
REVOKE INSERT, UPDATE ON experience.invitation FROM penstock_merchant;

CREATE TABLE experience.answer (
    merchant_id int NOT NULL,
    invitation_id bigint NOT NULL,
    item text NOT NULL,
    value smallint NOT NULL,
    PRIMARY KEY (merchant_id, invitation_id, item),
    FOREIGN KEY (merchant_id, invitation_id) REFERENCES experience.invitation
);
CALL penstock.tenant_table('experience.answer');
REVOKE INSERT, UPDATE ON experience.answer FROM penstock_merchant;
