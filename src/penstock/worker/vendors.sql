SELECT vendor, gateway, endpoint FROM vendors.vendors WHERE vendor = ANY (:vendors::text[])
