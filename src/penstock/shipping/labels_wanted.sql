SELECT p.merchant_id, p.parcel_id, c.vendor, c.service, m.code AS merchant, o.channel,
    o.channel_order_id,
    (SELECT count(*)::int FROM allocation.fulfilment_orders AS earlier
     WHERE (earlier.merchant_id, earlier.order_id) = (f.merchant_id, f.order_id)
         AND earlier.fulfilment_order_id <= f.fulfilment_order_id) AS fulfilment_no,
    p.parcel_no, n.code AS node, o.ship_to::text AS ship_to, p.weight_g,
    s.length_mm, s.width_mm, s.height_mm,
    shipping.promised(c.pickup_on, c.transit_days, v.zone) AS deliver_by_at
FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[]) AS w (merchant_id, parcel_id)
JOIN shipping.choice AS c USING (merchant_id, parcel_id)
JOIN vendors.vendors AS v ON v.vendor = c.vendor
JOIN warehouse.parcels AS p USING (merchant_id, parcel_id)
JOIN warehouse.parcel_sizes AS s USING (merchant_id, parcel_id)
JOIN inventory.nodes AS n ON n.node_id = p.node_id
JOIN allocation.fulfilment_orders AS f USING (merchant_id, fulfilment_order_id)
JOIN orders.orders AS o ON (o.merchant_id, o.order_id) = (f.merchant_id, f.order_id)
JOIN merchants.merchants AS m ON m.merchant_id = p.merchant_id
ORDER BY p.merchant_id, p.parcel_id
