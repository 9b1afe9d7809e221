-- The same rule again changes nothing; another of its code ends it when it begins.
WITH wish AS (
    SELECT w.code, coalesce(s.stream_id, 0) AS stream_id, w.measure, w.threshold, w.kind,
        w.amount, w.at_least, w.effective_from, coalesce(w.effective_to, 'infinity') AS effective_to
    FROM unnest(:codes::text[], :streams::text[], :measures::text[], :thresholds::float8[],
                :kinds::text[], :amounts::int[], :at_least::int[],
                :effective_from::timestamptz[], :effective_to::timestamptz[])
        AS w (code, stream, measure, threshold, kind, amount, at_least, effective_from,
              effective_to)
    LEFT JOIN streams.stream AS s
        ON (s.merchant_id, s.code) = (:merchant_id::int, w.stream)
), changed AS (
    SELECT w.*
    FROM wish AS w
    WHERE NOT EXISTS (
        SELECT FROM streams.brake_rule AS r
        WHERE r.merchant_id = :merchant_id::int AND r.code = w.code
            AND r.effective_from <= w.effective_from AND r.effective_to = w.effective_to
            AND (r.stream_id, r.measure, r.threshold, r.kind, r.value, r.at_least_min)
                = (w.stream_id, w.measure, w.threshold, w.kind, w.amount, w.at_least))
), ended AS (
    UPDATE streams.brake_rule AS r
    SET effective_to = w.effective_from
    FROM changed AS w
    WHERE r.merchant_id = :merchant_id::int AND r.code = w.code
        AND r.effective_from < w.effective_from AND r.effective_to > w.effective_from
), stored AS (
    INSERT INTO streams.brake_rule AS r (merchant_id, code, stream_id, measure, threshold, kind,
                                         value, at_least_min, effective_from, effective_to)
    SELECT :merchant_id::int, code, stream_id, measure, threshold, kind, amount, at_least,
        effective_from, effective_to
    FROM changed
    ORDER BY code
    ON CONFLICT (merchant_id, code, effective_from) DO UPDATE
    SET stream_id = excluded.stream_id, measure = excluded.measure,
        threshold = excluded.threshold, kind = excluded.kind, value = excluded.value,
        at_least_min = excluded.at_least_min, effective_to = excluded.effective_to
    RETURNING 1
)
SELECT count(*)::int AS changed FROM stored
