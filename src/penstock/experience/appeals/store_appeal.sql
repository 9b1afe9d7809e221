WITH named AS (
    SELECT *
    FROM unnest(:fulfilment_order_ids::bigint[], :order_refs::text[], :counted_at::timestamptz[])
        AS n (fulfilment_order_id, order_ref, counted_at)
), appealed AS (
    INSERT INTO experience.appeal
        (merchant_id, request_key, body_sha256, profile, scenario, statement, filed_at, filed_by,
         answer_by_at)
    SELECT :merchant_id::int, :request_key::text, :body_sha256::bytea, :profile::text,
        :scenario::text, :statement::text, :filed_at::timestamptz, :filed_by::text,
        :answer_by_at::timestamptz
    ON CONFLICT (merchant_id, request_key) DO NOTHING
    RETURNING merchant_id, appeal_id
), stored AS (
    INSERT INTO experience.appeal_order
        (merchant_id, appeal_id, fulfilment_order_id, order_ref, counted_at)
    SELECT a.merchant_id, a.appeal_id, n.fulfilment_order_id, n.order_ref, n.counted_at
    FROM appealed AS a CROSS JOIN named AS n
    ORDER BY n.fulfilment_order_id
    ON CONFLICT (merchant_id, fulfilment_order_id) WHERE outcome <> 'withdrawn' DO NOTHING
    RETURNING fulfilment_order_id
)
SELECT a.appeal_id FROM appealed AS a
WHERE (SELECT count(*) FROM stored) = cardinality(:fulfilment_order_ids::bigint[])
