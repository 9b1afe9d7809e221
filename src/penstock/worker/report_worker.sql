INSERT INTO worker.worker (worker_id, seen_at, busy_s)
VALUES (:worker_id::int, :seen_at::timestamptz, :busy_s::float8)
ON CONFLICT (worker_id) DO UPDATE SET seen_at = excluded.seen_at, busy_s = excluded.busy_s
