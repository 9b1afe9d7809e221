-- The pick-up counts from now: where the answer took long, the one that was chosen may have left.
WITH bought AS (
    SELECT * FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[], :tracking_numbers::text[],
                         :fee_minor::bigint[], :currencies::text[])
        AS b (merchant_id, parcel_id, tracking_number, fee_minor, currency)
), dated AS (
    SELECT b.*, c.vendor, c.service, c.transit_days, n.zone AS node_zone, v.zone,
        shipping.next_pickup(:now::timestamptz, coalesce(k.cut_off, n.cut_off), n.zone) AS pickup_at
    FROM bought AS b
    JOIN shipping.choice AS c USING (merchant_id, parcel_id)
    JOIN vendors.vendors AS v ON v.vendor = c.vendor
    JOIN inventory.nodes AS n ON n.node_id = c.node_id
    LEFT JOIN vendors.pickups AS k ON (k.vendor, k.node_id) = (c.vendor, c.node_id)
), stored AS (
    INSERT INTO shipping.label (merchant_id, parcel_id, vendor, service, tracking_number, fee_minor,
                                currency, bought_at, pickup_at, deliver_by_at)
    SELECT merchant_id, parcel_id, vendor, service, tracking_number, fee_minor, currency,
        :now::timestamptz, pickup_at,
        shipping.promised((pickup_at AT TIME ZONE node_zone)::date, transit_days, zone)
    FROM dated
    ORDER BY merchant_id, parcel_id
    ON CONFLICT DO NOTHING
    RETURNING merchant_id, parcel_id
)
SELECT d.merchant_id, d.parcel_id,
    CASE WHEN s.parcel_id IS NOT NULL THEN 'bought'
         WHEN l.parcel_id IS NOT NULL THEN 'known'
         ELSE 'number_taken' END AS outcome,
    d.pickup_at
FROM dated AS d
LEFT JOIN stored AS s USING (merchant_id, parcel_id)
LEFT JOIN shipping.label AS l USING (merchant_id, parcel_id)
ORDER BY d.merchant_id, d.parcel_id
