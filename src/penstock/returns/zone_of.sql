SELECT zone FROM vendors.vendors WHERE vendor = :vendor::text
