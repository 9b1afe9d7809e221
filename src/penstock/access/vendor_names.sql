SELECT vendor FROM vendors.vendors ORDER BY vendor
