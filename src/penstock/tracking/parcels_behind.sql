WITH standing AS (
    SELECT s.merchant_id, s.parcel_id, s.event, s.occurred_at, s.first_at, p.status, p.since_at,
        CASE s.event WHEN 'scanned' THEN 'in_transit'
                     WHEN 'attempt_failed' THEN 'delivery_failed'
                     ELSE s.event END AS reached
    FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[]) AS w (merchant_id, parcel_id)
    JOIN tracking.standing AS s USING (merchant_id, parcel_id)
    JOIN lifecycle.subjects AS p ON (p.merchant_id, p.subject_id) = (s.merchant_id, s.parcel_id)
)
SELECT merchant_id, parcel_id, status = 'manifested' AS waits_at_dock, event,
    least(greatest(occurred_at, since_at), :now::timestamptz) AS at,
    least(greatest(first_at, since_at), :now::timestamptz) AS carrier_since_at
FROM standing
WHERE status <> reached
    AND status IN ('manifested', 'handed_over', 'in_transit', 'out_for_delivery', 'delivery_failed')
ORDER BY merchant_id, parcel_id
