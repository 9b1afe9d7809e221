WITH turned AS (
    UPDATE streams.stream
    SET state = CASE WHEN ends_at <= :now::timestamptz THEN 'closed' ELSE 'live' END
    WHERE (state <> 'closed' AND ends_at <= :now::timestamptz)
        OR (state = 'scheduled' AND starts_at <= :now::timestamptz)
    RETURNING 1
)
SELECT count(*)::int AS turned FROM turned
