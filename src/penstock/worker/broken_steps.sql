SELECT step, broke_at, broke_because AS because FROM worker.schedule
WHERE broke_at IS NOT NULL
ORDER BY step
