SELECT k.key_id, k.role,
    CASE k.role
        WHEN 'merchant' THEN coalesce(m.code, k.merchant_id::text)
        WHEN 'vendor' THEN k.vendor
        WHEN 'floor' THEN coalesce('node ' || nullif(k.node_id, 0)::text, 'every node')
        ELSE '' END AS whose,
    k.label, k.created_at, nullif(k.expires_at, 'infinity') AS expires_at, k.last_used_at
FROM access.api_key AS k
LEFT JOIN merchants.merchants AS m ON m.merchant_id = k.merchant_id AND k.merchant_id <> 0
WHERE k.expires_at > :now::timestamptz OR :ended::boolean
ORDER BY k.created_at, k.key_id
