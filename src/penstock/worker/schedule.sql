INSERT INTO worker.schedule AS s (step, next_at)
VALUES (:step::text, :next_at::timestamptz)
ON CONFLICT (step) DO UPDATE SET next_at = excluded.next_at WHERE s.next_at <= :now::timestamptz
RETURNING step
