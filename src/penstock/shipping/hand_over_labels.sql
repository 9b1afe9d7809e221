WITH departed AS (
    UPDATE shipping.label AS l
    SET handed_over_at = w.at
    FROM (SELECT merchant_id, parcel_id, min(at) AS at
          FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[], :at::timestamptz[])
              AS w (merchant_id, parcel_id, at)
          GROUP BY merchant_id, parcel_id) AS w
    JOIN lifecycle.subjects AS s ON (s.merchant_id, s.subject_id) = (w.merchant_id, w.parcel_id)
    WHERE (l.merchant_id, l.parcel_id) = (w.merchant_id, w.parcel_id)
        AND l.handed_over_at IS NULL AND s.status = 'manifested'
    RETURNING l.merchant_id, l.parcel_id, l.handed_over_at AS at
)
SELECT merchant_id, parcel_id, at FROM departed ORDER BY merchant_id, parcel_id
