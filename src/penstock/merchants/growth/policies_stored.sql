SELECT code, effective_from, nullif(effective_to, 'infinity') AS effective_to, kind, origin,
    terms::text AS terms, because, decided_by, decided_at, ended_because
FROM merchants.policy
WHERE effective_to >= :since::date
ORDER BY kind, code, effective_from
