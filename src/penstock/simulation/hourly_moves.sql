-- age_s makes waiting exact although the counts are hourly: what a status's entries are old, less
-- what its exits are old, is how long all of them together were in it.
SELECT date_bin('1 hour', at, '2000-01-01Z') AS at, kind, from_status, event, to_status,
    count(*)::int AS moves,
    sum(date_part('epoch', :as_of::timestamptz - at)) AS age_s
FROM lifecycle.moves
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3, 4, 5
