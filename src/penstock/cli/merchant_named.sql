SELECT merchant_id FROM merchants.merchants WHERE code = :code::text
