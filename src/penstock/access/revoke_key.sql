UPDATE access.api_key
SET expires_at = :now::timestamptz
WHERE key_id = :key_id::text AND expires_at > :now::timestamptz
RETURNING key_id
