SELECT code
FROM streams.stream
WHERE merchant_id = :merchant_id::int AND code = ANY (:codes::text[])
ORDER BY code
