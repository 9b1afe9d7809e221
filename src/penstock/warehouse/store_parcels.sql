WITH parcel AS (
    INSERT INTO warehouse.parcel (merchant_id, parcel_id, fulfilment_order_id, parcel_no, node_id,
                                  country, carton, weight_g, packer, packed_at)
    SELECT merchant_id, parcel_id, fulfilment_order_id, parcel_no, :node_id::int,
        country, carton, weight_g, packer, :now::timestamptz
    FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[], :fulfilment_order_ids::bigint[],
                :parcel_nos::int[], :countries::text[], :cartons::text[], :weights_g::int[],
                :packers::text[])
        AS n (merchant_id, parcel_id, fulfilment_order_id, parcel_no, country, carton, weight_g,
              packer)
    RETURNING merchant_id, fulfilment_order_id
), contents AS (
    INSERT INTO warehouse.parcel_line (merchant_id, parcel_id, line_no, sku_id, quantity)
    SELECT *
    FROM unnest(:line_merchant_ids::int[], :line_parcel_ids::bigint[], :line_nos::int[],
                :sku_ids::bigint[], :quantities::int[])
)
UPDATE warehouse.batch_order AS o
SET packed_at = :now::timestamptz
FROM (SELECT DISTINCT merchant_id, fulfilment_order_id FROM parcel) AS p
WHERE (o.merchant_id, o.fulfilment_order_id) = (p.merchant_id, p.fulfilment_order_id)
    AND o.picked_at IS NOT NULL AND o.packed_at IS NULL
