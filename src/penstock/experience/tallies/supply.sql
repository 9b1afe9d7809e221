WITH told AS (
    SELECT t.code, t.day, t.numerator, t.denominator
    FROM unnest(:codes::text[], :days::date[], :numerators::bigint[], :denominators::bigint[])
        AS t (code, day, numerator, denominator)
), kept AS (
    INSERT INTO experience.supplied AS s
        (merchant_id, profile, code, day, numerator, denominator, source, told_at)
    SELECT :merchant_id::int, :profile::text, t.code, t.day, t.numerator, t.denominator,
        :source::text, :now::timestamptz
    FROM told AS t
    ORDER BY t.code, t.day
    ON CONFLICT (merchant_id, profile, code, day) DO UPDATE
    SET numerator = excluded.numerator, denominator = excluded.denominator,
        source = excluded.source, told_at = excluded.told_at
    WHERE (s.numerator, s.denominator, s.source)
        IS DISTINCT FROM (excluded.numerator, excluded.denominator, excluded.source)
    RETURNING s.day
), touched AS (
    INSERT INTO experience.touched AS t (merchant_id, from_day)
    SELECT :merchant_id::int, min(k.day) FROM kept AS k HAVING count(*) > 0
    ON CONFLICT (merchant_id) DO UPDATE SET from_day = least(t.from_day, excluded.from_day)
)
SELECT count(*)::int FROM kept
