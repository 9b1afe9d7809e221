SELECT f.title, f.media_type, f.sha256, f.content
FROM experience.appeal_file AS f
WHERE (f.merchant_id, f.appeal_id) = (:merchant_id::int, :appeal_id::bigint)
ORDER BY f.added_at, f.sha256
