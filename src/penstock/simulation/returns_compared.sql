SELECT r.reason, r.fault,
    count(*)::int AS requested,
    count(*) FILTER (WHERE s.status = 'rejected')::int AS rejected,
    count(*) FILTER (WHERE s.status = 'lapsed')::int AS lapsed,
    count(r.received_at)::int AS received,
    count(r.settled_at)::int AS settled
FROM returns.rmas AS r
JOIN lifecycle.subjects AS s ON (s.merchant_id, s.subject_id) = (r.merchant_id, r.return_id)
GROUP BY r.reason, r.fault
ORDER BY 3 DESC, 1, 2
