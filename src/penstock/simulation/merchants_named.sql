SELECT merchant_id, code, title FROM merchants.merchants ORDER BY code
