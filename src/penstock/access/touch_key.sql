UPDATE access.api_key
SET last_used_at = :now::timestamptz
WHERE key_id = :key_id::text
    AND (last_used_at IS NULL OR last_used_at < :now::timestamptz - interval '1 minute')
