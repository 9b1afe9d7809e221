-- A standing is the greatest of its parcel's events by (rank, time), so the order of arrival cannot
-- matter; the row is locked by whoever raises it, so that two batches cannot pass each other by.
WITH told AS (
    SELECT t.*, l.merchant_id, l.parcel_id,
        t.occurred_at >= l.bought_at - :earliest::interval AS possible
    FROM unnest(:event_ids::text[], :tracking_numbers::text[], :codes::text[], :statuses::text[],
                :ranks::int[], :faults::text[], :reasons::text[], :places::text[],
                :details::text[], :occurred_at::timestamptz[], :local_times::text[],
                :zone_sources::text[])
        WITH ORDINALITY AS t (event_id, tracking_number, code, status, rank, fault, reason, place,
                              detail, occurred_at, local_time, zone_source, position)
    LEFT JOIN shipping.labels AS l
        ON (l.vendor, l.tracking_number) = (:vendor::text, t.tracking_number)
), usable AS (
    SELECT DISTINCT ON (event_id) *
    FROM told
    WHERE parcel_id IS NOT NULL AND possible
    ORDER BY event_id, status = 'unknown', position
), stored AS (
    INSERT INTO tracking.event AS e (vendor, event_id, merchant_id, parcel_id, code, status, fault,
                                     reason, place, detail, occurred_at, local_time, zone_source,
                                     received_at)
    SELECT :vendor::text, event_id, merchant_id, parcel_id, code, status, fault, reason, place,
        detail, occurred_at, local_time, zone_source, :now::timestamptz
    FROM usable
    ORDER BY event_id
    ON CONFLICT (vendor, event_id) DO UPDATE
        SET status = excluded.status, fault = excluded.fault, reason = excluded.reason
        WHERE e.status = 'unknown' AND excluded.status <> 'unknown' AND e.code = excluded.code
            AND (e.merchant_id, e.parcel_id) = (excluded.merchant_id, excluded.parcel_id)
    RETURNING e.event_id
), fresh AS (
    SELECT u.* FROM usable AS u JOIN stored USING (event_id)
), furthest AS (
    SELECT DISTINCT ON (merchant_id, parcel_id) merchant_id, parcel_id, status, rank, occurred_at,
        fault, reason, min(occurred_at) OVER (PARTITION BY merchant_id, parcel_id) AS first_at
    FROM fresh
    WHERE rank > 0
    ORDER BY merchant_id, parcel_id, rank DESC, occurred_at DESC, status, reason, fault
), raised AS (
    INSERT INTO tracking.standing AS s (merchant_id, parcel_id, event, rank, occurred_at, fault,
                                        reason, first_at)
    SELECT merchant_id, parcel_id, status, rank, occurred_at, fault, reason, first_at
    FROM furthest
    ORDER BY merchant_id, parcel_id
    ON CONFLICT (merchant_id, parcel_id) DO UPDATE
        SET (event, rank, occurred_at, fault, reason) = (
                SELECT w.event, w.rank, w.occurred_at, w.fault, w.reason
                FROM (VALUES (s.event, s.rank, s.occurred_at, s.fault, s.reason),
                             (excluded.event, excluded.rank, excluded.occurred_at, excluded.fault,
                              excluded.reason)) AS w (event, rank, occurred_at, fault, reason)
                ORDER BY w.rank DESC, w.occurred_at DESC, w.event, w.reason, w.fault
                LIMIT 1),
            first_at = least(s.first_at, excluded.first_at)
)
SELECT (t.position - 1)::int AS position,
    CASE WHEN t.parcel_id IS NULL THEN 'unknown_parcel'
         WHEN t.possible IS NOT TRUE THEN 'bad_time'
         WHEN f.event_id IS NULL THEN 'repeated'
         WHEN f.status = 'unknown' THEN 'unknown_code'
         ELSE 'recorded' END AS outcome,
    coalesce(t.merchant_id, 0) AS merchant_id, coalesce(t.parcel_id, 0) AS parcel_id
FROM told AS t
LEFT JOIN fresh AS f ON (f.event_id, f.position) = (t.event_id, t.position)
ORDER BY t.position
