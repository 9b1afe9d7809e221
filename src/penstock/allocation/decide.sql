-- Serving the orders one by one, by deadline, is what this does for all of them at once. Every
-- order names its best node under the stock that is free now. Where a node is asked for more than
-- it has, the orders up to the first misfit get theirs; the misfit and those behind it name a node
-- anew in the next pass, when that stock is gone, so that no order passes an earlier one.
--
-- Left joins and windows rather than inner joins: the planner, who knows little of fresh tables,
-- otherwise expects one row of each step and joins hundreds to hundreds by nested loops.
WITH asked AS (
    SELECT w.position, w.merchant_id, w.fulfilment_order_id, f.order_id, o.country,
        o.deliver_by_at, l.line_no, l.sku_id, l.quantity, k.weight_g, p.family_id,
        sum(l.quantity) OVER (PARTITION BY w.position, l.sku_id ORDER BY l.line_no) - l.quantity
            AS ahead,
        count(*) OVER its_lines AS lines,
        min(l.sku_id) OVER its_lines <> max(l.sku_id) OVER its_lines AS mixed
    FROM unnest(:merchant_ids::int[], :fulfilment_order_ids::bigint[])
        WITH ORDINALITY AS w (merchant_id, fulfilment_order_id, position)
    LEFT JOIN allocation.fulfilment_order AS f
        ON (f.merchant_id, f.fulfilment_order_id) = (w.merchant_id, w.fulfilment_order_id)
    LEFT JOIN allocation.fulfilment_line AS l
        ON (l.merchant_id, l.fulfilment_order_id) = (w.merchant_id, w.fulfilment_order_id)
    LEFT JOIN orders.orders AS o ON (o.merchant_id, o.order_id) = (w.merchant_id, f.order_id)
    LEFT JOIN merchants.skus AS k ON (k.merchant_id, k.sku_id) = (w.merchant_id, l.sku_id)
    LEFT JOIN inventory.reservations AS r
        ON (r.merchant_id, r.order_id, r.line_no) = (w.merchant_id, f.order_id, l.line_no)
    LEFT JOIN inventory.pools AS p ON (p.merchant_id, p.pool_id) = (w.merchant_id, r.pool_id)
    WINDOW its_lines AS (PARTITION BY w.position)
), effective AS (
    SELECT * FROM vendors.rates
    WHERE (:now::timestamptz AT TIME ZONE 'UTC')::date BETWEEN effective_from AND effective_to
), offer AS (
    SELECT a.*, n.node_id, s.on_hand - s.allocated AS free,
        least(a.quantity, s.on_hand - s.allocated - a.ahead)::int AS given
    FROM asked AS a
    LEFT JOIN inventory.pool_nodes AS n
        ON (n.merchant_id, n.family_id) = (a.merchant_id, a.family_id)
    LEFT JOIN inventory.node_stocks AS s
        ON (s.merchant_id, s.node_id, s.sku_id) = (a.merchant_id, n.node_id, a.sku_id)
    WHERE coalesce(s.on_hand - s.allocated, 0) > a.ahead
        AND EXISTS (
            SELECT FROM effective AS e
            WHERE (e.node_id, e.country) = (n.node_id, a.country))
), kept AS (
    -- A line is served by units only where no node has it whole.
    SELECT *,
        sum(given) OVER its_parcel AS units,
        (sum(given::bigint * weight_g) OVER its_parcel)::bigint AS parcel_g
    FROM (SELECT *,
              count(*) FILTER (WHERE given = quantity) OVER (PARTITION BY position, node_id)
                  AS whole_lines,
              bool_or(given = quantity) OVER (PARTITION BY position, line_no) AS whole_somewhere
          FROM offer) AS o
    WHERE CASE WHEN :whole::boolean THEN whole_lines >= lines
               ELSE given = quantity OR NOT whole_somewhere END
    WINDOW its_parcel AS (PARTITION BY position, node_id)
), lane AS MATERIALIZED (
    -- The smallest band that holds the weight; what no band holds goes in several parcels.
    SELECT DISTINCT ON (d.node_id, d.country, d.parcel_g, e.vendor, e.service)
        d.node_id, d.country, d.parcel_g, e.vendor, e.service, f.freight_minor,
        :now::timestamptz + e.transit_days * interval '1 day'
            + coalesce(b.orders, 0)::float8 / n.orders_per_hour * interval '1 hour' AS there_at,
        n.code || ': freight '
            || round(f.freight_minor / 10::numeric ^ coalesce(m.digits, 2), coalesce(m.digits, 2))
            || ' ' || e.currency AS quote
    FROM (SELECT DISTINCT node_id, country, parcel_g FROM kept) AS d
    JOIN effective AS e ON (e.node_id, e.country) = (d.node_id, d.country)
    JOIN inventory.nodes AS n ON n.node_id = d.node_id
    LEFT JOIN allocation.backlog AS b ON b.node_id = d.node_id
    LEFT JOIN unnest(:currencies::text[], :digits::int[]) AS m (currency, digits)
        ON m.currency = e.currency
    CROSS JOIN LATERAL (
        SELECT e.fee_minor * greatest(1, ceil(d.parcel_g::float8 / e.weight_to_g))::bigint
    ) AS f (freight_minor)
    ORDER BY d.node_id, d.country, d.parcel_g, e.vendor, e.service, e.weight_to_g < d.parcel_g,
        abs(e.weight_to_g - d.parcel_g), e.effective_from DESC
), way AS (
    -- The best service of each node; a line appears once a node.
    SELECT DISTINCT ON (k.position, k.line_no, k.node_id)
        k.*, l.quote, l.freight_minor, late.days AS late_days,
        l.freight_minor + late.days * :late_day_minor::bigint AS cost_minor
    FROM kept AS k
    JOIN lane AS l ON (l.node_id, l.country, l.parcel_g) = (k.node_id, k.country, k.parcel_g)
    CROSS JOIN LATERAL (
        SELECT greatest(0, ceil(date_part('epoch', l.there_at - k.deliver_by_at) / 86400))::int
    ) AS late (days)
    ORDER BY k.position, k.line_no, k.node_id, cost_minor, l.freight_minor, l.vendor, l.service
), ranked AS (
    SELECT *, dense_rank() OVER (
        PARTITION BY position
        ORDER BY whole_lines DESC, units DESC, cost_minor, freight_minor, node_id) AS rank
    FROM way
), told AS (
    SELECT *, string_agg(
        quote || CASE late_days WHEN 0 THEN ', on time' WHEN 1 THEN ', 1 day late'
                 ELSE ', ' || late_days || ' days late' END,
        '; ') FILTER (WHERE rank <= 3) OVER (
            PARTITION BY position, line_no
            ORDER BY rank ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS because
    FROM ranked
), claim AS (
    SELECT *,
        sum(given) OVER (
            PARTITION BY merchant_id, node_id, sku_id
            ORDER BY deliver_by_at, order_id, fulfilment_order_id, line_no) <= free AS fits,
        bool_or(mixed) OVER (PARTITION BY merchant_id, sku_id) AS entangled
    FROM told
    WHERE rank = 1
), settled AS (
    -- Orders that could want the same stock queue together: those of one SKU by that SKU, those
    -- that share a SKU with an order of several in one queue for the merchant.
    SELECT *,
        bool_and(fits) OVER (
            PARTITION BY merchant_id, CASE WHEN entangled THEN 0 ELSE sku_id END
            ORDER BY deliver_by_at, order_id, fulfilment_order_id) AS served,
        sum(given) OVER parts = sum(quantity) OVER parts AND count(*) OVER parts = lines
            AS entire
    FROM claim
    WINDOW parts AS (PARTITION BY position)
)
SELECT merchant_id, fulfilment_order_id, node_id, line_no, sku_id, given AS quantity, entire,
    freight_minor, late_days, because
FROM settled
WHERE served
ORDER BY deliver_by_at, order_id, fulfilment_order_id, line_no
