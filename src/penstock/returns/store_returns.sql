INSERT INTO returns.rma (merchant_id, return_id, request_key, body_sha256, reference, order_id,
    fulfilment_order_id, country, currency, reason, node_id, delivered_at, requested_at)
SELECT n.merchant_id, n.return_id, n.request_key, n.body_sha256, m.code || '/' || n.request_key,
    n.order_id, n.fulfilment_order_id, n.country, n.currency, n.reason, n.node_id, n.delivered_at,
    :requested_at::timestamptz
FROM unnest(:merchant_ids::int[], :return_ids::bigint[], :request_keys::text[],
            :body_sha256::bytea[], :order_ids::bigint[], :fulfilment_order_ids::bigint[],
            :countries::text[], :currencies::text[], :reasons::text[], :node_ids::int[],
            :delivered_at::timestamptz[])
    AS n (merchant_id, return_id, request_key, body_sha256, order_id, fulfilment_order_id,
          country, currency, reason, node_id, delivered_at)
JOIN merchants.merchants AS m ON m.merchant_id = n.merchant_id
ON CONFLICT (merchant_id, request_key) DO NOTHING
RETURNING return_id
