-- Orders of one unit of the same SKU are walked for once; a handful of them, and whatever is left
-- over after the full batches, goes with the others by deadline.
WITH released AS (
    SELECT f.node_id, f.merchant_id, f.fulfilment_order_id, o.dispatch_by_at AS ship_by_at,
        CASE WHEN sum(l.quantity) = 1 THEN min(l.sku_id) END AS only_sku_id
    FROM unnest(:merchant_ids::int[], :fulfilment_order_ids::bigint[])
        AS r (merchant_id, fulfilment_order_id)
    JOIN allocation.fulfilment_orders AS f
        ON (f.merchant_id, f.fulfilment_order_id) = (r.merchant_id, r.fulfilment_order_id)
    JOIN allocation.fulfilment_lines AS l
        ON (l.merchant_id, l.fulfilment_order_id) = (f.merchant_id, f.fulfilment_order_id)
    JOIN orders.orders AS o ON (o.merchant_id, o.order_id) = (f.merchant_id, f.order_id)
    GROUP BY f.node_id, f.merchant_id, f.fulfilment_order_id, o.dispatch_by_at
), ranked AS (
    SELECT *,
        (row_number() OVER (PARTITION BY node_id, merchant_id, only_sku_id
                            ORDER BY ship_by_at, fulfilment_order_id) - 1)
        / :orders_max::int AS wave
    FROM released
), sorted AS (
    SELECT *,
        only_sku_id IS NOT NULL
        AND count(*) OVER (PARTITION BY node_id, merchant_id, only_sku_id, wave)
            >= :alike_min::int AS alike
    FROM ranked
), placed AS (
    SELECT node_id, merchant_id, fulfilment_order_id, ship_by_at, alike,
        CASE WHEN alike THEN merchant_id ELSE 0 END AS of_merchant,
        CASE WHEN alike THEN only_sku_id ELSE 0 END AS of_sku,
        CASE WHEN alike THEN wave
             ELSE (row_number() OVER (PARTITION BY node_id, alike
                                      ORDER BY ship_by_at, fulfilment_order_id, merchant_id) - 1)
                  / :orders_max::int END AS part
    FROM sorted
), numbered AS (
    SELECT nextval('warehouse.batch_batch_id_seq') AS batch_id, *
    FROM (SELECT node_id, alike, of_merchant, of_sku, part, count(*)::int AS orders,
              min(ship_by_at) AS ship_by_at
          FROM placed
          GROUP BY node_id, alike, of_merchant, of_sku, part
          ORDER BY node_id, ship_by_at, alike, of_merchant, of_sku, part) AS formed
), batch AS (
    INSERT INTO warehouse.batch (node_id, batch_id, style, orders, ship_by_at, released_at)
    OVERRIDING SYSTEM VALUE
    SELECT node_id, batch_id, CASE WHEN alike THEN 'single_sku' ELSE 'mixed' END, orders,
        ship_by_at, :now::timestamptz
    FROM numbered
), batch_order AS (
    INSERT INTO warehouse.batch_order
        (node_id, batch_id, merchant_id, fulfilment_order_id, ship_by_at)
    SELECT n.node_id, n.batch_id, p.merchant_id, p.fulfilment_order_id, p.ship_by_at
    FROM placed AS p
    JOIN numbered AS n
        ON (n.node_id, n.alike, n.of_merchant, n.of_sku, n.part)
            = (p.node_id, p.alike, p.of_merchant, p.of_sku, p.part)
)
SELECT count(*)::int AS batches FROM numbered
