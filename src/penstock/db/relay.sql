WITH oldest AS (
    SELECT event_id FROM outbox.event ORDER BY event_id LIMIT :batch::int FOR UPDATE SKIP LOCKED
), taken AS (
    DELETE FROM outbox.event AS e
    USING oldest AS o
    WHERE e.event_id = o.event_id
    RETURNING e.event_id, e.merchant_id, e.topic, e.subject_id
), counted AS (
    INSERT INTO outbox.relayed AS r (merchant_id, topic, events)
    SELECT merchant_id, topic, count(*) FROM taken GROUP BY merchant_id, topic
    ORDER BY merchant_id, topic
    ON CONFLICT (merchant_id, topic) DO UPDATE SET events = r.events + excluded.events
)
SELECT event_id, merchant_id, topic, subject_id FROM taken ORDER BY event_id
