WITH refused AS (
    DELETE FROM shipping.choice AS c
    USING unnest(:merchant_ids::int[], :parcel_ids::bigint[], :because::text[])
        AS r (merchant_id, parcel_id, because)
    WHERE (c.merchant_id, c.parcel_id) = (r.merchant_id, r.parcel_id)
    RETURNING c.merchant_id, c.parcel_id, c.vendor, c.node_id, c.pickup_on, r.because
), remembered AS (
    INSERT INTO shipping.refusal (merchant_id, parcel_id, vendor, because, at)
    SELECT merchant_id, parcel_id, vendor, because, :now::timestamptz
    FROM refused
    ON CONFLICT (merchant_id, parcel_id, vendor) DO NOTHING
)
UPDATE shipping.booking AS b
SET parcels = b.parcels - r.parcels
FROM (SELECT vendor, node_id, pickup_on, count(*)::int AS parcels
      FROM refused GROUP BY vendor, node_id, pickup_on) AS r
WHERE (b.vendor, b.node_id, b.pickup_on) = (r.vendor, r.node_id, r.pickup_on)
