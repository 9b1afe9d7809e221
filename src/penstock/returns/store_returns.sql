INSERT INTO returns.rma (merchant_id, return_id, request_key, reference, body_sha256, order_id,
    fulfilment_order_id, country, currency, reason, node_id, delivered_at, requested_at)
SELECT *, :requested_at::timestamptz
FROM unnest(:merchant_ids::int[], :return_ids::bigint[], :request_keys::text[],
            :references::text[], :body_sha256::bytea[], :order_ids::bigint[],
            :fulfilment_order_ids::bigint[], :countries::text[], :currencies::text[],
            :reasons::text[], :node_ids::int[], :delivered_at::timestamptz[])
ON CONFLICT (merchant_id, request_key) DO NOTHING
RETURNING return_id
