SELECT named.step
FROM unnest(:steps::text[]) AS named (step)
LEFT JOIN worker.schedule AS s USING (step)
WHERE s.step IS NULL OR s.next_at <= :now::timestamptz
