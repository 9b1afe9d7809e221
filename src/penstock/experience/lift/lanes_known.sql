-- The rate cards in force on a day, with where and when each carrier collects.
SELECT r.vendor, v.zone AS vendor_zone, r.node_id, n.code AS node, n.country AS node_country,
    n.zone AS node_zone, coalesce(k.cut_off, n.cut_off) AS cut_off, n.orders_per_hour, r.country,
    r.weight_to_g, r.fee_minor, r.currency, r.transit_days
FROM vendors.rates AS r
JOIN vendors.vendors AS v ON v.vendor = r.vendor AND v.role = 'carrier'
JOIN inventory.nodes AS n ON n.node_id = r.node_id
LEFT JOIN vendors.pickups AS k ON (k.vendor, k.node_id) = (r.vendor, r.node_id)
WHERE :day::date BETWEEN r.effective_from AND r.effective_to
ORDER BY r.node_id, r.country, r.vendor, r.service, r.weight_to_g, r.effective_from DESC
