-- Receipt with fewer rows, fewer index entries and fewer round trips an order.

-- Ids for n subjects, as an array, so that another stage's look-up brings them along.
CREATE FUNCTION lifecycle.new_ids(count int, at timestamptz) RETURNS bigint[]
    LANGUAGE sql VOLATILE
    RETURN ARRAY(
        SELECT lifecycle.month_of(at) * 10000000000000 + nextval('lifecycle.subject_id')
        FROM generate_series(1, count)
    );

-- What happened to many subjects at once is one row. The table of single events stays for those
-- that carry a payload, and for what processes of the version before still write.
CREATE TABLE outbox.batch (
    batch_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    merchant_id int NOT NULL,
    topic text NOT NULL,
    at timestamptz NOT NULL,
    subject_ids bigint[] NOT NULL
);
COMMENT ON COLUMN outbox.batch.at IS 'of the latest of them; the history has each';
CALL penstock.tenant_table('outbox.batch');
CALL penstock.publish('outbox.batch', 'batches');
CREATE OR REPLACE VIEW outbox.events WITH (security_invoker = true) AS
    SELECT event_id, merchant_id, topic, subject_id, at, payload FROM outbox.event
    UNION ALL
    SELECT batch_id, merchant_id, topic, unnest(subject_ids), at, NULL FROM outbox.batch;

-- A statement logs few kinds of moves, however many it logs: each kind is looked up once.
CREATE OR REPLACE FUNCTION lifecycle.only_legal_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    odd record;
BEGIN
    SELECT * INTO odd
    FROM (SELECT kind, from_status, event, to_status, min(subject_id) AS subject_id
          FROM logged GROUP BY kind, from_status, event, to_status) AS l
    WHERE NOT EXISTS (
        SELECT FROM lifecycle.transition AS t
        WHERE (t.kind, t.from_status, t.event, t.to_status)
            = (l.kind, l.from_status, l.event, l.to_status)
    )
    LIMIT 1;
    IF FOUND THEN
        RAISE foreign_key_violation USING
            MESSAGE = format('%s %s: %s from "%s" to "%s" is no legal move', odd.kind,
                             odd.subject_id, odd.event, odd.from_status, odd.to_status),
            SCHEMA = 'lifecycle', TABLE = 'history', CONSTRAINT = 'only_legal_moves';
    END IF;
    RETURN NULL;
END $$;

-- One index serves both as the key and to find a subject's moves; whoever reads what came after a
-- move finds its pages by range.
ALTER TABLE inventory.move
    DROP CONSTRAINT move_pkey,
    ADD PRIMARY KEY (merchant_id, subject_id, move_id);
DROP INDEX inventory.move_subject;
CREATE INDEX move_order ON inventory.move USING brin (move_id) WITH (pages_per_range = 32);
