-- Of the brokers that have not refused the parcel: the lowest rate for the lane first, then those
-- without one, by name. In two parts, because what it costs to plan a join grows with the square
-- and more of its tables.
WITH fx AS (
    SELECT * FROM unnest(:currencies::text[], :eur_per_minor::numeric[]) AS f (currency, eur)
), parcel AS MATERIALIZED (
    SELECT p.merchant_id, p.parcel_id, p.parcel_no, p.weight_g, p.node_id, p.country,
        f.order_id, n.country AS from_country, broker.vendor, broker.zone,
        (SELECT count(*)::int FROM allocation.fulfilment_orders AS earlier
         WHERE (earlier.merchant_id, earlier.order_id) = (f.merchant_id, f.order_id)
             AND earlier.fulfilment_order_id <= f.fulfilment_order_id) AS fulfilment_no
    FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[]) AS w (merchant_id, parcel_id)
    JOIN warehouse.parcels AS p USING (merchant_id, parcel_id)
    JOIN inventory.nodes AS n ON n.node_id = p.node_id
    JOIN allocation.fulfilment_orders AS f USING (merchant_id, fulfilment_order_id)
    CROSS JOIN LATERAL (
        SELECT v.vendor, v.zone
        FROM vendors.vendors AS v
        LEFT JOIN vendors.rates AS r
            ON (r.vendor, r.node_id, r.country) = (v.vendor, p.node_id, p.country)
            AND r.weight_to_g >= p.weight_g
            AND (:now::timestamptz AT TIME ZONE v.zone)::date
                BETWEEN r.effective_from AND r.effective_to
        LEFT JOIN fx USING (currency)
        WHERE v.role = 'broker'
            AND NOT EXISTS (SELECT FROM customs.refusal AS x
                            WHERE (x.merchant_id, x.parcel_id, x.vendor)
                                = (p.merchant_id, p.parcel_id, v.vendor))
        ORDER BY r.fee_minor * fx.eur NULLS LAST, r.fee_minor NULLS LAST, v.vendor
        LIMIT 1
    ) AS broker
)
SELECT p.merchant_id, p.parcel_id, p.vendor, p.zone, m.code AS merchant, o.channel,
    o.channel_order_id, p.fulfilment_no, p.parcel_no, p.from_country, p.country AS to_country,
    o.ship_to::text AS ship_to, o.currency, o.shipping_minor,
    (SELECT sum(a.accepted * a.unit_price_minor)::bigint FROM orders.lines AS a
     WHERE (a.merchant_id, a.order_id) = (o.merchant_id, o.order_id)) AS goods_minor,
    k.hs6, k.title AS description, k.code AS sku, k.origin_country, k.weight_g, c.quantity,
    l.unit_price_minor
FROM parcel AS p
JOIN orders.orders AS o ON (o.merchant_id, o.order_id) = (p.merchant_id, p.order_id)
JOIN merchants.merchants AS m ON m.merchant_id = p.merchant_id
JOIN warehouse.parcel_lines AS c
    ON (c.merchant_id, c.parcel_id) = (p.merchant_id, p.parcel_id)
JOIN orders.lines AS l
    ON (l.merchant_id, l.order_id, l.line_no) = (p.merchant_id, p.order_id, c.line_no)
JOIN merchants.skus AS k ON (k.merchant_id, k.sku_id) = (c.merchant_id, c.sku_id)
ORDER BY p.merchant_id, p.parcel_id, c.line_no
