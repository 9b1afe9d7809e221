SELECT vendor FROM vendors.vendor WHERE vendor = ANY (:vendors::text[])
