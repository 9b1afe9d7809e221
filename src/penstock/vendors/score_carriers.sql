WITH parcel AS (
    SELECT l.vendor, l.deliver_by_at, l.handed_over_at, t.first_at, t.event, t.occurred_at
    FROM shipping.labels AS l
    LEFT JOIN tracking.standings AS t USING (merchant_id, parcel_id)
    WHERE l.handed_over_at > :now::timestamptz - interval '30 days'
), carded AS (
    INSERT INTO vendors.scorecard (vendor, day, delivered, on_time, lost, scanned, scanned_late,
                                   transit_hours_mean)
    SELECT vendor, :day::date,
        count(*) FILTER (WHERE event = 'delivered'),
        count(*) FILTER (WHERE event = 'delivered' AND occurred_at <= deliver_by_at),
        count(*) FILTER (WHERE event = 'lost'),
        count(first_at),
        count(*) FILTER (WHERE first_at > handed_over_at + interval '24 hours'),
        round((avg(extract(epoch FROM occurred_at - handed_over_at))
            FILTER (WHERE event = 'delivered') / 3600)::numeric, 2)
    FROM parcel
    GROUP BY vendor
    ON CONFLICT (vendor, day) DO UPDATE
    SET delivered = excluded.delivered, on_time = excluded.on_time, lost = excluded.lost,
        scanned = excluded.scanned, scanned_late = excluded.scanned_late,
        transit_hours_mean = excluded.transit_hours_mean
    RETURNING vendor
)
SELECT count(*)::int FROM carded
