SELECT coalesce(nullif(vocabulary, ''), vendor) AS vocabulary, zone
FROM vendors.vendors
WHERE vendor = :vendor::text
