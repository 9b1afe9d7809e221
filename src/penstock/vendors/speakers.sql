SELECT vendor, coalesce(nullif(vocabulary, ''), vendor) AS vocabulary
FROM vendors.vendor
ORDER BY vendor
