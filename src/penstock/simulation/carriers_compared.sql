WITH ended AS (
    SELECT merchant_id, subject_id AS parcel_id,
        min(at) FILTER (WHERE event = 'delivered') AS delivered_at,
        bool_or(event = 'lost') AS lost,
        bool_or(event = 'attempt_failed') AS failed
    FROM lifecycle.moves
    WHERE kind = 'parcel' AND event IN ('delivered', 'lost', 'attempt_failed')
    GROUP BY merchant_id, subject_id
), told AS (
    SELECT vendor, count(*)::int AS events,
        count(*) FILTER (WHERE received_at > occurred_at + interval '6 hours')::int AS told_late
    FROM tracking.events
    GROUP BY vendor
), carried AS (
    SELECT l.vendor, count(*)::int AS parcels,
        count(e.delivered_at)::int AS delivered,
        count(*) FILTER (WHERE l.deliver_by_at <= :as_of::timestamptz)::int AS due,
        count(*) FILTER (WHERE l.deliver_by_at <= :as_of::timestamptz
                             AND e.delivered_at <= l.deliver_by_at)::int AS on_time,
        count(*) FILTER (WHERE e.lost)::int AS lost,
        count(*) FILTER (WHERE e.failed)::int AS failed,
        count(*) FILTER (WHERE s.first_at <= l.handed_over_at + interval '12 hours')::int
            AS scanned_soon,
        coalesce(percentile_cont(ARRAY[0.1, 0.5, 0.9]) WITHIN GROUP (
            ORDER BY date_part('epoch', e.delivered_at - l.handed_over_at) / 86400), '{}')::float8[]
            AS days
    FROM shipping.labels AS l
    LEFT JOIN ended AS e ON (e.merchant_id, e.parcel_id) = (l.merchant_id, l.parcel_id)
    LEFT JOIN tracking.standings AS s ON (s.merchant_id, s.parcel_id) = (l.merchant_id, l.parcel_id)
    WHERE l.handed_over_at IS NOT NULL
    GROUP BY l.vendor
)
SELECT v.vendor, v.title, c.parcels, c.delivered, c.due, c.on_time, c.lost, c.failed,
    c.scanned_soon, c.days, coalesce(t.events, 0) AS events, coalesce(t.told_late, 0) AS told_late
FROM carried AS c
JOIN vendors.vendors AS v ON v.vendor = c.vendor
LEFT JOIN told AS t ON t.vendor = c.vendor
ORDER BY c.parcels DESC, c.vendor
