-- The update changes nothing: it waits for a rival's commit and returns the rival's row.
INSERT INTO access.idempotency AS i (merchant_id, key, body_sha256, at)
VALUES (:merchant_id::int, :key::text, :body_sha256::bytea, :at::timestamptz)
ON CONFLICT (merchant_id, key) DO UPDATE SET body_sha256 = i.body_sha256
RETURNING body_sha256
