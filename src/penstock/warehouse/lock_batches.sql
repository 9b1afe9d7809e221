SELECT batch_id
FROM warehouse.batch
WHERE node_id = :node_id::int AND batch_id = ANY (:batch_ids::bigint[])
ORDER BY batch_id
FOR UPDATE
