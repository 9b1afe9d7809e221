INSERT INTO orders.merge_member (merchant_id, order_id, group_id, joined_at)
SELECT merchant_id, order_id, group_id, :at::timestamptz
FROM unnest(:merchant_ids::int[], :order_ids::bigint[], :group_ids::bigint[])
    AS m (merchant_id, order_id, group_id)
ORDER BY merchant_id, order_id
ON CONFLICT (merchant_id, order_id) DO NOTHING
RETURNING merchant_id, order_id, group_id
