WITH stored AS (
    INSERT INTO experience.appeal_file
        (merchant_id, appeal_id, sha256, title, media_type, content, added_at)
    VALUES (:merchant_id::int, :appeal_id::bigint, :sha256::text, :title::text,
            :media_type::text, :content::bytea, :added_at::timestamptz)
    ON CONFLICT (merchant_id, appeal_id, sha256) DO NOTHING
)
SELECT count(*)
FROM experience.appeal_file AS f
WHERE (f.merchant_id, f.appeal_id) = (:merchant_id::int, :appeal_id::bigint)
    AND f.sha256 <> :sha256::text
