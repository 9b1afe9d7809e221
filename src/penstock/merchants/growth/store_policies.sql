-- A shipped policy is renewed with each version; an operator's only until it begins.
WITH told AS (
    SELECT code, effective_from, coalesce(effective_to, 'infinity') AS effective_to, kind,
        terms::jsonb AS terms, decided_at
    FROM unnest(:codes::text[], :effective_from::date[], :effective_to::date[], :kinds::text[],
                :terms::text[], :decided_at::timestamptz[])
        AS t (code, effective_from, effective_to, kind, terms, decided_at)
), past AS (
    SELECT code, effective_from
    FROM told
    WHERE :origin::text = 'operator' AND effective_from < :today::date
        AND NOT EXISTS (
            SELECT FROM merchants.policy AS p
            WHERE (p.code, p.effective_from) = (told.code, told.effective_from))
), stored AS (
    INSERT INTO merchants.policy AS p (code, effective_from, effective_to, kind, origin, terms,
                                       because, decided_by, decided_at)
    SELECT code, effective_from, effective_to, kind, :origin::text, terms, :because::text,
        :decided_by::text, decided_at
    FROM told
    WHERE NOT EXISTS (
        SELECT FROM past
        WHERE (past.code, past.effective_from) = (told.code, told.effective_from))
    ORDER BY code, effective_from
    ON CONFLICT (code, effective_from) DO UPDATE
    SET effective_to = CASE p.ended_because WHEN '' THEN excluded.effective_to
                       ELSE p.effective_to END,
        kind = excluded.kind, terms = excluded.terms, because = excluded.because,
        decided_by = excluded.decided_by, decided_at = excluded.decided_at
    WHERE p.origin = excluded.origin
        AND (p.origin = 'shipped' OR p.effective_from > :today::date)
        AND (p.kind, p.terms) IS DISTINCT FROM (excluded.kind, excluded.terms)
    RETURNING code, effective_from, CASE WHEN xmax = 0 THEN 'added' ELSE 'replaced' END AS outcome
)
SELECT t.code, t.effective_from,
    coalesce(s.outcome,
             CASE WHEN x.code IS NOT NULL THEN 'in_the_past'
                  WHEN p.terms = t.terms THEN 'repeated'
                  ELSE 'begun' END) AS outcome
FROM told AS t
LEFT JOIN stored AS s ON (s.code, s.effective_from) = (t.code, t.effective_from)
LEFT JOIN past AS x ON (x.code, x.effective_from) = (t.code, t.effective_from)
LEFT JOIN merchants.policy AS p ON (p.code, p.effective_from) = (t.code, t.effective_from)
ORDER BY t.code, t.effective_from
