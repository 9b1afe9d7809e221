INSERT INTO access.api_key (key_id, secret_sha256, role, merchant_id, vendor, node_id, label,
                            created_at)
VALUES (:key_id::text, :secret_sha256::bytea, :role::text, :merchant_id::int, :vendor::text,
        :node_id::int, :label::text, :now::timestamptz)
ON CONFLICT (key_id) DO UPDATE SET secret_sha256 = excluded.secret_sha256
