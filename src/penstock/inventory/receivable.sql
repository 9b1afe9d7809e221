SELECT
    (SELECT family_id
     FROM inventory.pool_node
     WHERE merchant_id = :merchant_id::int AND node_id = :node_id::int) AS family_id,
    ARRAY(SELECT unnest(:sku_ids::bigint[])
          EXCEPT
          SELECT sku_id FROM merchants.skus WHERE merchant_id = :merchant_id::int
              AND sku_id = ANY (:sku_ids::bigint[])) AS unknown_sku_ids
