SELECT secret_sha256, role, merchant_id, vendor, node_id
FROM access.api_key
WHERE key_id = :key_id::text AND expires_at > :now::timestamptz
