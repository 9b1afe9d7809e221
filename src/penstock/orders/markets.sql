SELECT country, currency, sla FROM merchants.markets WHERE merchant_id = :merchant_id::int
