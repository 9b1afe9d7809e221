UPDATE streams.brake AS b
SET in_minute = w.orders + CASE WHEN b.minute_at = date_trunc('minute', :now::timestamptz)
                                THEN b.in_minute ELSE 0 END,
    minute_at = date_trunc('minute', :now::timestamptz),
    taken = b.taken + w.units,
    turned_away = b.turned_away + w.turned_away
FROM unnest(:brake_ids::bigint[], :orders::int[], :units::int[], :turned_away::int[])
    AS w (brake_id, orders, units, turned_away)
WHERE b.merchant_id = :merchant_id::int AND b.brake_id = w.brake_id
