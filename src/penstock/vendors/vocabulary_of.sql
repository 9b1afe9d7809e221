SELECT coalesce(nullif(vocabulary, ''), vendor) FROM vendors.vendor WHERE vendor = :vendor::text
