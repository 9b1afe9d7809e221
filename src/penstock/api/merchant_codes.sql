SELECT merchant_id, code FROM merchants.merchants ORDER BY code
