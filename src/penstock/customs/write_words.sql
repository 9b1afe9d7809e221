WITH written AS (
    UPDATE customs.declaration AS d
    SET held_because = CASE WHEN w.event = 'held_by_customs' THEN w.because ELSE d.held_because END,
        cleared_at = CASE WHEN w.event = 'cleared' THEN w.at END,
        refused_at = CASE WHEN w.event = 'refused' THEN w.at END
    FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[], :events::text[], :because::text[],
                :at::timestamptz[]) AS w (merchant_id, parcel_id, event, because, at)
    WHERE (d.merchant_id, d.parcel_id) = (w.merchant_id, w.parcel_id)
    RETURNING d.*
)
SELECT merchant_id, parcel_id, vendor, jurisdiction, duty_minor,
    CASE WHEN vat_collected = 'border' THEN vat_minor ELSE 0 END AS vat_minor, fees_minor, currency
FROM written
WHERE cleared_at IS NOT NULL
ORDER BY merchant_id, parcel_id
