WITH told AS (
    SELECT t.fingerprint, t.asks
    FROM unnest(:fingerprints::text[], :asks::text[]) AS t (fingerprint, asks)
), kept AS (
    INSERT INTO experience.measure AS m (fingerprint, asks, filled_at)
    SELECT t.fingerprint, t.asks::jsonb, :now::timestamptz
    FROM told AS t
    ORDER BY t.fingerprint
    ON CONFLICT (fingerprint) DO UPDATE SET filled_at = excluded.filled_at
    RETURNING m.measure_id, m.fingerprint
), gone AS (
    DELETE FROM experience.tally AS t
    USING told, experience.measure AS m
    WHERE m.fingerprint = told.fingerprint AND t.measure_id = m.measure_id
)
SELECT k.measure_id, k.fingerprint, true AS filled FROM kept AS k ORDER BY k.measure_id
