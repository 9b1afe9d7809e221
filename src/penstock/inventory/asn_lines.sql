SELECT a.asn_id, a.node_id, l.sku_id, l.announced, l.received
FROM inventory.asn AS a
JOIN inventory.asn_line AS l ON (l.merchant_id, l.asn_id) = (a.merchant_id, a.asn_id)
WHERE a.merchant_id = :merchant_id::int AND a.code = :code::text
ORDER BY l.sku_id
