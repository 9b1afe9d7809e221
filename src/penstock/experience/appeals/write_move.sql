WITH logged AS (
    INSERT INTO experience.appeal_move
        (merchant_id, appeal_id, from_status, event, to_status, at, moved_by, because)
    VALUES (:merchant_id::int, :appeal_id::bigint, :from_status::text, :event::text,
            :to_status::text, :at::timestamptz, :moved_by::text, :because::text)
)
UPDATE experience.appeal AS a
SET status = :to_status::text
WHERE (a.merchant_id, a.appeal_id) = (:merchant_id::int, :appeal_id::bigint)
