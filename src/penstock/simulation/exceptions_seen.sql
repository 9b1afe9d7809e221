SELECT kind, status, reason, fault, count(*)::int AS opened,
    count(*) FILTER (WHERE closed_at IS NULL)::int AS still_open,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', closed_at - opened_at) / 3600)
        AS hours
FROM tracking.exceptions
GROUP BY kind, status, reason, fault
ORDER BY 5 DESC, 1, 2, 3, 4
