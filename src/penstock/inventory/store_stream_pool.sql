INSERT INTO inventory.pool (merchant_id, code, family_id, stream_id)
VALUES (:merchant_id::int, :code::text, :family_id::int, :stream_id::bigint)
ON CONFLICT (merchant_id, code) DO UPDATE SET code = excluded.code
WHERE pool.stream_id = excluded.stream_id
RETURNING pool_id
