-- The pick-up counts from now: where the answer took long, the one that was chosen may have left.
WITH bought AS (
    SELECT * FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[], :tracking_numbers::text[],
                         :fee_minor::bigint[], :currencies::text[])
        AS b (merchant_id, parcel_id, tracking_number, fee_minor, currency)
), dated AS (
    SELECT b.*, c.vendor, c.service, c.transit_days, v.zone, p.pickup_at,
        (p.pickup_at AT TIME ZONE n.zone)::date AS pickup_on
    FROM bought AS b
    JOIN shipping.choice AS c USING (merchant_id, parcel_id)
    JOIN vendors.vendors AS v ON v.vendor = c.vendor
    JOIN inventory.nodes AS n ON n.node_id = c.node_id
    LEFT JOIN vendors.pickups AS k ON (k.vendor, k.node_id) = (c.vendor, c.node_id)
    CROSS JOIN LATERAL (
        SELECT shipping.next_pickup(:now::timestamptz, coalesce(k.cut_off, n.cut_off), n.zone)
            AS pickup_at
        OFFSET 0
    ) AS p
), promise AS MATERIALIZED (  -- dated once, not for every parcel
    SELECT d.pickup_on, d.transit_days, d.zone,
        shipping.promised(d.pickup_on, d.transit_days, d.zone) AS deliver_by_at
    FROM (SELECT DISTINCT pickup_on, transit_days, zone FROM dated) AS d
), stored AS (
    INSERT INTO shipping.label (merchant_id, parcel_id, vendor, service, tracking_number, fee_minor,
                                currency, bought_at, pickup_at, deliver_by_at)
    SELECT merchant_id, parcel_id, vendor, service, tracking_number, fee_minor, currency,
        :now::timestamptz, pickup_at, deliver_by_at
    FROM dated
    JOIN promise USING (pickup_on, transit_days, zone)
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
