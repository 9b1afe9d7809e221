WITH told AS (
    SELECT t.*, d.merchant_id, d.parcel_id,
        t.occurred_at >= d.prepared_at - :earliest::interval AS possible
    FROM unnest(:event_ids::text[], :references::text[], :codes::text[], :statuses::text[],
                :faults::text[], :reasons::text[], :details::text[], :occurred_at::timestamptz[],
                :local_times::text[], :zone_sources::text[])
        WITH ORDINALITY AS t (event_id, reference, code, status, fault, reason, detail,
                              occurred_at, local_time, zone_source, position)
    LEFT JOIN customs.declaration AS d ON (d.vendor, d.reference) = (:vendor::text, t.reference)
), usable AS (
    SELECT DISTINCT ON (event_id) *
    FROM told
    WHERE parcel_id IS NOT NULL AND possible
    ORDER BY event_id, status = 'unknown', position
), stored AS (
    INSERT INTO customs.event AS e (vendor, event_id, merchant_id, parcel_id, code, status, fault,
                                    reason, detail, occurred_at, local_time, zone_source,
                                    received_at)
    SELECT :vendor::text, event_id, merchant_id, parcel_id, code, status, fault, reason, detail,
        occurred_at, local_time, zone_source, :now::timestamptz
    FROM usable
    ORDER BY event_id
    ON CONFLICT (vendor, event_id) DO UPDATE
        SET status = excluded.status, fault = excluded.fault, reason = excluded.reason
        WHERE e.status = 'unknown' AND excluded.status <> 'unknown' AND e.code = excluded.code
            AND (e.merchant_id, e.parcel_id) = (excluded.merchant_id, excluded.parcel_id)
    RETURNING e.event_id
)
SELECT (t.position - 1)::int AS position,
    CASE WHEN t.parcel_id IS NULL THEN 'unknown_declaration'
         WHEN t.possible IS NOT TRUE THEN 'bad_time'
         WHEN s.event_id IS NULL THEN 'repeated'
         WHEN u.status = 'unknown' THEN 'unknown_code'
         ELSE 'recorded' END AS outcome,
    coalesce(t.merchant_id, 0) AS merchant_id, coalesce(t.parcel_id, 0) AS parcel_id
FROM told AS t
LEFT JOIN usable AS u ON (u.event_id, u.position) = (t.event_id, t.position)
LEFT JOIN stored AS s ON s.event_id = u.event_id
ORDER BY t.position
