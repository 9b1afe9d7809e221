SELECT kind, from_status, event, to_status, count(*) AS moves, max(history_id) AS last_id
FROM lifecycle.moves
WHERE history_id > :after::bigint
GROUP BY kind, from_status, event, to_status
