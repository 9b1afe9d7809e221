-- Workers that choose for the same pick-ups queue here, so that none is filled twice.
INSERT INTO shipping.booking AS b (vendor, node_id, pickup_on)
SELECT k.vendor, k.node_id,
    (shipping.next_pickup(:now::timestamptz, k.cut_off, n.zone) AT TIME ZONE n.zone)::date
FROM vendors.pickups AS k
JOIN vendors.vendors AS v ON v.vendor = k.vendor AND v.role = 'carrier'
JOIN inventory.nodes AS n ON n.node_id = k.node_id
WHERE k.node_id IN (
    SELECT p.node_id
    FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[]) AS w (merchant_id, parcel_id)
    JOIN warehouse.parcels AS p USING (merchant_id, parcel_id))
ORDER BY 1, 2, 3
ON CONFLICT (vendor, node_id, pickup_on) DO UPDATE SET parcels = b.parcels
