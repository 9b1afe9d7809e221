-- Batches and single events, each from their oldest on, about `batch` events of either.
WITH oldest AS (
    SELECT batch_id, cardinality(subject_ids) AS events
    FROM outbox.batch
    ORDER BY batch_id
    LIMIT :batch::int
    FOR UPDATE SKIP LOCKED
), chosen AS (
    SELECT batch_id, sum(events) OVER (ORDER BY batch_id) - events AS before
    FROM oldest
), batches AS (
    DELETE FROM outbox.batch AS b
    USING chosen AS c
    WHERE b.batch_id = c.batch_id AND c.before < :batch::int
    RETURNING b.merchant_id, b.topic, b.subject_ids
), oldest_single AS (
    SELECT event_id FROM outbox.event ORDER BY event_id LIMIT :batch::int FOR UPDATE SKIP LOCKED
), singles AS (
    DELETE FROM outbox.event AS e
    USING oldest_single AS o
    WHERE e.event_id = o.event_id
    RETURNING e.merchant_id, e.topic, e.subject_id
), taken AS (
    SELECT merchant_id, topic, subject_ids FROM batches
    UNION ALL
    SELECT merchant_id, topic, array_agg(subject_id ORDER BY subject_id)
    FROM singles
    GROUP BY merchant_id, topic
), counted AS (
    INSERT INTO outbox.relayed AS r (merchant_id, topic, events)
    SELECT merchant_id, topic, sum(cardinality(subject_ids))
    FROM taken
    GROUP BY merchant_id, topic
    ORDER BY merchant_id, topic
    ON CONFLICT (merchant_id, topic) DO UPDATE SET events = r.events + excluded.events
)
SELECT merchant_id, topic, subject_ids FROM taken ORDER BY merchant_id, topic
