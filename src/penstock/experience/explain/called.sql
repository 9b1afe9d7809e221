SELECT m.code FROM merchants.merchants AS m WHERE m.merchant_id = :merchant::int
