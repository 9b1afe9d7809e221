SELECT kind, status, count(*)::int AS subjects, min(due_at) AS oldest_at
FROM lifecycle.subject
WHERE due_at <= :now::timestamptz AND due_at < 'infinity'
GROUP BY kind, status
