-- Who works here, the life of things, the outbox, the worker's memory.

DO $$ BEGIN
    CREATE ROLE penstock_operator NOLOGIN NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN
    CREATE ROLE penstock_merchant NOLOGIN NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
-- An owner that is no superuser must be able to act as either role.
DO $$ BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT penstock_operator, penstock_merchant TO %I', current_user);
    END IF;
END $$;

CREATE SCHEMA penstock;
GRANT USAGE ON SCHEMA penstock TO penstock_operator, penstock_merchant;

-- Open a stage's schema to the two roles.
CREATE PROCEDURE penstock.stage(schema_name text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE SCHEMA %I', schema_name);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO penstock_operator, penstock_merchant', schema_name);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT USAGE ON SEQUENCES'
                   ' TO penstock_operator, penstock_merchant', schema_name);
END $$;

-- Merchant data: forced row-level security, closed unless the transaction says for whom it runs.
CREATE PROCEDURE penstock.tenant_table(tab regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tab);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tab);
    EXECUTE format('CREATE POLICY operator ON %s TO penstock_operator'
                   ' USING (true) WITH CHECK (true)', tab);
    EXECUTE format('CREATE POLICY merchant ON %s TO penstock_merchant'
                   ' USING (merchant_id = (SELECT current_setting(''penstock.merchant_id'')::int))'
                   ' WITH CHECK (merchant_id = (SELECT current_setting(''penstock.merchant_id'')::int))',
                   tab);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO penstock_operator', tab);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %s TO penstock_merchant', tab);
END $$;

-- Data of the network itself, no merchant's: merchants may read it, operators write it.
CREATE PROCEDURE penstock.network_table(tab regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO penstock_operator', tab);
    EXECUTE format('GRANT SELECT ON %s TO penstock_merchant', tab);
END $$;

-- Only operators may see or write it.
CREATE PROCEDURE penstock.operator_table(tab regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO penstock_operator', tab);
END $$;

---------------------------------------------------------------------------------------------------
CALL penstock.stage('lifecycle');

CREATE TABLE lifecycle.status (
    kind text NOT NULL,
    status text NOT NULL,
    waits_for text NOT NULL,
    patience interval,
    PRIMARY KEY (kind, status)
);
COMMENT ON COLUMN lifecycle.status.patience IS 'null: terminal';
CALL penstock.network_table('lifecycle.status');

CREATE TABLE lifecycle.transition (
    kind text NOT NULL,
    from_status text NOT NULL,
    event text NOT NULL,
    to_status text NOT NULL,
    PRIMARY KEY (kind, from_status, event),
    UNIQUE (kind, from_status, event, to_status),
    FOREIGN KEY (kind, to_status) REFERENCES lifecycle.status
);
CALL penstock.network_table('lifecycle.transition');

CREATE SEQUENCE lifecycle.subject_id;
GRANT USAGE ON SEQUENCE lifecycle.subject_id TO penstock_operator, penstock_merchant;

CREATE TABLE lifecycle.subject (
    merchant_id int NOT NULL,
    subject_id bigint NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    since_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    deadline_at timestamptz NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (merchant_id, subject_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON COLUMN lifecycle.subject.due_at IS
    'from when a worker may act; infinity: terminal, or somebody outside moves it';
COMMENT ON COLUMN lifecycle.subject.deadline_at IS
    'past it the subject belongs on the exception list; infinity: terminal';
CREATE INDEX subject_due ON lifecycle.subject (kind, status, due_at, subject_id)
    WHERE due_at < 'infinity';
CREATE INDEX subject_overdue ON lifecycle.subject (deadline_at) WHERE deadline_at < 'infinity';
CALL penstock.tenant_table('lifecycle.subject');

CREATE TABLE lifecycle.history (
    merchant_id int NOT NULL,
    subject_id bigint NOT NULL,
    history_id bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    from_status text NOT NULL,
    event text NOT NULL,
    to_status text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, subject_id, history_id),
    FOREIGN KEY (kind, from_status, event, to_status)
        REFERENCES lifecycle.transition (kind, from_status, event, to_status)
);
CREATE INDEX history_order ON lifecycle.history (history_id);
CALL penstock.tenant_table('lifecycle.history');
REVOKE UPDATE, DELETE ON lifecycle.history FROM penstock_operator, penstock_merchant;

---------------------------------------------------------------------------------------------------
CALL penstock.stage('outbox');

-- What has happened and has not been passed on yet: a row is deleted by the transaction that
-- passes it on, and counted there, so that nothing is passed on twice or forgotten.
CREATE TABLE outbox.event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    merchant_id int NOT NULL,
    topic text NOT NULL,
    subject_id bigint NOT NULL,
    at timestamptz NOT NULL,
    payload jsonb
);
CALL penstock.tenant_table('outbox.event');

CREATE TABLE outbox.relayed (
    merchant_id int NOT NULL,
    topic text NOT NULL,
    events bigint NOT NULL,
    PRIMARY KEY (merchant_id, topic)
);
CALL penstock.tenant_table('outbox.relayed');

---------------------------------------------------------------------------------------------------
CALL penstock.stage('worker');

CREATE TABLE worker.schedule (
    step text PRIMARY KEY,
    next_at timestamptz NOT NULL
);
CALL penstock.operator_table('worker.schedule');

-- One effect outside: the intent is committed before the call, the outcome after it.
CREATE TABLE worker.call (
    merchant_id int NOT NULL,
    subject_id bigint NOT NULL,
    step text NOT NULL,
    reference text NOT NULL,
    vendor text NOT NULL,
    worker_id int NOT NULL,
    intended_at timestamptz NOT NULL,
    ask_at timestamptz NOT NULL,
    attempts smallint NOT NULL DEFAULT 1,
    request bytea NOT NULL,
    outcome text,
    settled_at timestamptz,
    PRIMARY KEY (merchant_id, subject_id, step)
);
CREATE INDEX call_open ON worker.call (step, intended_at) WHERE outcome IS NULL;
CREATE INDEX call_reference ON worker.call (vendor, reference);
CALL penstock.tenant_table('worker.call');

CREATE SEQUENCE worker.worker_id AS int CYCLE;
GRANT USAGE ON SEQUENCE worker.worker_id TO penstock_operator;

---------------------------------------------------------------------------------------------------
CALL penstock.stage('access');

CREATE TABLE access.api_key (
    key_id text PRIMARY KEY,
    secret_sha256 bytea NOT NULL,
    role text NOT NULL CHECK (role IN ('operator', 'merchant', 'floor', 'vendor')),
    merchant_id int NOT NULL DEFAULT 0,
    vendor text NOT NULL DEFAULT '',
    node_id int NOT NULL DEFAULT 0,
    label text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL DEFAULT 'infinity',
    CHECK ((role = 'merchant') = (merchant_id <> 0)),
    CHECK ((role = 'vendor') = (vendor <> ''))
);
CALL penstock.operator_table('access.api_key');

CREATE TABLE access.idempotency (
    merchant_id int NOT NULL,
    key text NOT NULL,
    body_sha256 bytea NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, key)
);
CALL penstock.tenant_table('access.idempotency');

---------------------------------------------------------------------------------------------------
-- A stage's tables are named in the singular and are its own; what others may read is published
-- as a view in the plural, which asks with the reader's rights.
CREATE PROCEDURE penstock.publish(tab regclass, plural text) LANGUAGE plpgsql AS $$
DECLARE
    view_name text := split_part(tab::text, '.', 1) || '.' || quote_ident(plural);
BEGIN
    EXECUTE format('CREATE VIEW %s WITH (security_invoker = true) AS SELECT * FROM %s',
                   view_name, tab);
    EXECUTE format('GRANT SELECT ON %s TO penstock_operator, penstock_merchant', view_name);
END $$;

CALL penstock.publish('lifecycle.subject', 'subjects');
CALL penstock.publish('lifecycle.history', 'moves');
CALL penstock.publish('outbox.event', 'events');
CALL penstock.publish('outbox.relayed', 'relays');
CALL penstock.publish('worker.call', 'calls');
