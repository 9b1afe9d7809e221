SELECT id FROM (
    SELECT 0 AS place, merchant_id AS id FROM merchants.merchants WHERE code = 'aurora'
    UNION ALL
    SELECT CASE code WHEN 'newark' THEN 1 ELSE 2 END, node_id FROM inventory.nodes
    WHERE code IN ('newark', 'reno')
) AS known
ORDER BY place
