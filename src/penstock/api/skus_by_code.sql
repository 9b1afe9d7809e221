SELECT code, sku_id
FROM merchants.skus
WHERE merchant_id = :merchant_id::int AND code = ANY (:codes::text[])
