-- Where something else is said of a day than before, both are kept: now, and from when on.
WITH told AS (
    SELECT t.merchant_id, t.day, t.status, t.score, t.detail::jsonb AS detail
    FROM unnest(:merchants::int[], :days::date[], :statuses::text[], :scores::numeric[],
                :details::text[]) AS t (merchant_id, day, status, score, detail)
), kept AS (
    INSERT INTO experience.score AS s (merchant_id, profile, day, status, score, detail)
    SELECT t.merchant_id, :profile::text, t.day, t.status, t.score, t.detail
    FROM told AS t
    ORDER BY t.merchant_id, t.day
    ON CONFLICT (merchant_id, profile, day) DO UPDATE
    SET status = excluded.status, score = excluded.score, detail = excluded.detail
    WHERE (s.status, s.score, s.detail)
        IS DISTINCT FROM (excluded.status, excluded.score, excluded.detail)
    RETURNING s.merchant_id, s.profile, s.day, s.status, s.score, s.detail
), said AS (
    INSERT INTO experience.said (merchant_id, profile, day, known_at, status, score, detail)
    SELECT k.merchant_id, k.profile, k.day, :now::timestamptz, k.status, k.score, k.detail
    FROM kept AS k
    ORDER BY k.merchant_id, k.day
    ON CONFLICT (merchant_id, profile, day, known_at) DO NOTHING
)
SELECT count(*)::int FROM kept
