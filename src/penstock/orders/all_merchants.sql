SELECT merchant_id FROM merchants.merchants ORDER BY merchant_id
