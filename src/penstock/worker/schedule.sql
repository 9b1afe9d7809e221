-- A turn that breaks takes this back, too; one that ends well has mended what broke before.
INSERT INTO worker.schedule AS s (step, next_at)
VALUES (:step::text, :next_at::timestamptz)
ON CONFLICT (step) DO UPDATE SET next_at = excluded.next_at, broke_at = NULL, broke_because = NULL
WHERE s.next_at <= :now::timestamptz
RETURNING step
