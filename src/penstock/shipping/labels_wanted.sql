-- In two parts, because what it costs to plan a join grows with the square and more of its tables.
WITH wanted AS MATERIALIZED (
    SELECT p.merchant_id, p.parcel_id, p.parcel_no, p.node_id, p.weight_g, c.vendor, c.service,
        c.pickup_on, c.transit_days, f.order_id, f.fulfilment_order_id
    FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[]) AS w (merchant_id, parcel_id)
    JOIN shipping.choice AS c USING (merchant_id, parcel_id)
    JOIN warehouse.parcels AS p USING (merchant_id, parcel_id)
    JOIN allocation.fulfilment_orders AS f USING (merchant_id, fulfilment_order_id)
), dated AS MATERIALIZED (  -- each promise is dated once, not for every parcel
    SELECT d.vendor, d.pickup_on, d.transit_days,
        shipping.promised(d.pickup_on, d.transit_days, v.zone) AS deliver_by_at
    FROM (SELECT DISTINCT vendor, pickup_on, transit_days FROM wanted) AS d
    JOIN vendors.vendors AS v ON v.vendor = d.vendor
)
SELECT w.merchant_id, w.parcel_id, w.vendor, w.service, m.code AS merchant, o.channel,
    o.channel_order_id,
    (SELECT count(*)::int FROM allocation.fulfilment_orders AS earlier
     WHERE (earlier.merchant_id, earlier.order_id) = (w.merchant_id, w.order_id)
         AND earlier.fulfilment_order_id <= w.fulfilment_order_id) AS fulfilment_no,
    w.parcel_no, n.code AS node, o.ship_to::text AS ship_to, w.weight_g,
    s.length_mm, s.width_mm, s.height_mm,
    d.deliver_by_at
FROM wanted AS w
JOIN dated AS d
    ON (d.vendor, d.pickup_on, d.transit_days) = (w.vendor, w.pickup_on, w.transit_days)
JOIN inventory.nodes AS n ON n.node_id = w.node_id
JOIN merchants.merchants AS m ON m.merchant_id = w.merchant_id
JOIN orders.orders AS o ON (o.merchant_id, o.order_id) = (w.merchant_id, w.order_id)
CROSS JOIN LATERAL (
    SELECT s.length_mm, s.width_mm, s.height_mm
    FROM warehouse.parcel_sizes AS s
    WHERE (s.merchant_id, s.parcel_id) = (w.merchant_id, w.parcel_id)
    OFFSET 0
) AS s
ORDER BY w.merchant_id, w.parcel_id
