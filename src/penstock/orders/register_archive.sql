WITH counted AS (
    INSERT INTO orders.archived (merchant_id, month, orders)
    SELECT merchant_id, :month::int, count(*)
    FROM orders.orders
    WHERE order_id >= :month::int * 10000000000000 AND order_id < (:month::int + 1) * 10000000000000
    GROUP BY merchant_id
)
INSERT INTO orders.archive (month, kind, file, rows, bytes, sha256, archived_at)
SELECT :month::int, kind, file, rows, bytes, sha256, :archived_at::timestamptz
FROM unnest(:kinds::text[], :files::text[], :rows::bigint[], :bytes::bigint[], :sha256::text[])
    AS f (kind, file, rows, bytes, sha256)
