-- What each merchant's weeks looked like, stage by stage: rows of a path model.
SELECT j.merchant_id, date_trunc('week', j.ordered_at AT TIME ZONE 'UTC')::date AS week,
    count(*) AS orders,
    avg((j.accepted_at - j.ordered_at <= interval '1 minute')::int)::float8 AS accepted_at_once,
    avg(extract(epoch FROM j.accepted_at - j.ordered_at))::float8 AS receipt_s,
    avg((j.labelled_at - j.packed_at <= interval '1 hour')::int)::float8 AS labelled_at_once,
    (1 - avg((j.cancel_fault IS NOT DISTINCT FROM 'seller')::int))::float8 AS kept,
    avg((j.dispatched_at <= j.dispatch_by_at)::int)::float8 AS dispatched_in_time,
    avg(extract(epoch FROM j.dispatched_at - j.paid_at) / 3600)::float8 AS hand_over_h,
    avg((j.delivered_at <= coalesce(j.transit_by_at,
            j.dispatched_at + (j.deliver_by_at - j.dispatch_by_at)))::int)::float8
        AS transit_in_time,
    avg(extract(epoch FROM j.delivered_at - j.dispatched_at) / 3600)::float8 AS transit_h,
    avg((j.delivered_at <= j.deliver_by_at)::int)::float8 AS delivered_in_time,
    (1 - avg((j.lost_at IS NOT NULL OR j.return_fault IN ('carrier', 'platform'))::int))::float8
        AS sound
FROM experience.journey AS j
WHERE (:merchant::int IS NULL OR j.merchant_id = :merchant::int)
    AND j.ordered_at > :from_at::timestamptz AND j.ordered_at <= :as_of::timestamptz
    AND j.excluded IS NULL
GROUP BY j.merchant_id, week
HAVING count(*) >= :orders_min::int
ORDER BY j.merchant_id, week
