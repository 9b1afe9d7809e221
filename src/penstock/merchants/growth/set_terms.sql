-- A null value ends the term and begins none, so the default counts again.
WITH wish AS (
    SELECT *
    FROM unnest(:merchant_ids::int[], :kinds::text[], :values::int[], :because::text[],
                :decided_by::text[])
        AS w (merchant_id, kind, value, because, decided_by)
), ended AS (
    UPDATE merchants.term AS t
    SET ended_at = greatest(t.from_at, :at::timestamptz)
    FROM wish AS w
    WHERE (t.merchant_id, t.kind) = (w.merchant_id, w.kind) AND t.ended_at = 'infinity'
    RETURNING 1
), begun AS (
    -- The count has the old rows ended before the new ones claim their place.
    INSERT INTO merchants.term (merchant_id, kind, value, from_at, because, decided_by)
    SELECT merchant_id, kind, value, :at::timestamptz, because, decided_by
    FROM wish
    WHERE value IS NOT NULL AND (SELECT count(*) FROM ended) >= 0
    ORDER BY merchant_id, kind
    RETURNING merchant_id, kind, term_id
)
SELECT w.merchant_id, w.kind, b.term_id
FROM wish AS w
LEFT JOIN begun AS b ON (b.merchant_id, b.kind) = (w.merchant_id, w.kind)
ORDER BY w.merchant_id, w.kind
