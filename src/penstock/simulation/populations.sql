SELECT kind, status, count(*) AS subjects FROM lifecycle.subjects GROUP BY kind, status
