SELECT code FROM merchants.merchants ORDER BY code
