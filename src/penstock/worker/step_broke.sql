INSERT INTO worker.schedule AS s (step, next_at, broke_at, broke_because)
VALUES (:step::text, :next_at::timestamptz, :now::timestamptz, :because::text)
ON CONFLICT (step) DO UPDATE SET next_at = excluded.next_at,
    broke_at = coalesce(s.broke_at, excluded.broke_at), broke_because = excluded.broke_because
