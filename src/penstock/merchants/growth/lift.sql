WITH wish AS (
    SELECT *
    FROM unnest(:merchant_ids::int[], :limit_ids::bigint[])
        WITH ORDINALITY AS w (merchant_id, limit_id, position)
), changed AS (
    UPDATE merchants.volume_limit AS v
    SET lifted_at = CASE WHEN :lifted::boolean THEN :now::timestamptz END,
        lifted_because = :because::text,
        lifted_by = :lifted_by::text
    FROM wish AS w
    WHERE (v.merchant_id, v.limit_id) = (w.merchant_id, w.limit_id)
        AND v.until_at > :now::timestamptz
        AND (v.lifted_at IS NULL) = :lifted::boolean
    RETURNING v.merchant_id, v.limit_id
)
SELECT w.merchant_id, w.limit_id,
    CASE WHEN c.limit_id IS NOT NULL AND :lifted::boolean THEN 'lifted'
         WHEN c.limit_id IS NOT NULL THEN 'restored'
         WHEN v.limit_id IS NULL THEN 'unknown_limit'
         WHEN v.until_at <= :now::timestamptz THEN 'over'
         ELSE 'repeated' END AS outcome
FROM wish AS w
LEFT JOIN merchants.volume_limit AS v
    ON (v.merchant_id, v.limit_id) = (w.merchant_id, w.limit_id)
LEFT JOIN changed AS c ON (c.merchant_id, c.limit_id) = (w.merchant_id, w.limit_id)
ORDER BY w.position
