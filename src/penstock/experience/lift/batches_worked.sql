-- Every walk of a time: whose, of how many orders, from when to when.
SELECT node_id, picker, orders, released_at, started_at, picked_at
FROM warehouse.batches
WHERE picked_at IS NOT NULL AND picker IS NOT NULL AND started_at IS NOT NULL
    AND released_at > :from_at::timestamptz AND picked_at <= :as_of::timestamptz
ORDER BY node_id, started_at, batch_id
