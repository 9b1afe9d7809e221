WITH told AS (
    SELECT DISTINCT ON (merchant_id, subject_id) *
    FROM unnest(:merchant_ids::int[], :subject_ids::bigint[], :reasons::text[], :faults::text[],
                :details::text[])
        WITH ORDINALITY AS t (merchant_id, subject_id, reason, fault, detail, position)
    ORDER BY merchant_id, subject_id, position
), opened AS (
    INSERT INTO tracking.exception (merchant_id, subject_id, kind, status, reason, fault, detail,
                                    opened_at)
    SELECT s.merchant_id, s.subject_id, s.kind, s.status, t.reason, t.fault, t.detail,
        :now::timestamptz
    FROM told AS t
    JOIN lifecycle.subjects AS s USING (merchant_id, subject_id)
    ORDER BY s.merchant_id, s.subject_id
    ON CONFLICT (merchant_id, subject_id) WHERE closed_at IS NULL DO UPDATE
        SET kind = excluded.kind, status = excluded.status, reason = excluded.reason,
            fault = excluded.fault, detail = excluded.detail
    RETURNING 1
)
SELECT count(*)::int FROM opened
