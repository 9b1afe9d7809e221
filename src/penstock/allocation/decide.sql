-- Serving the orders one by one, by deadline, is what this does for all of them at once. Every
-- order names its best node under the stock that is free now. Where a node is asked for more than
-- it has, the orders up to the first misfit get theirs; the misfit and those behind it name a node
-- anew in the next pass, when that stock is gone, so that no order passes an earlier one.
WITH asked AS (
    SELECT f.merchant_id, f.fulfilment_order_id, f.order_id, o.country, o.deliver_by_at,
        l.line_no, l.sku_id, l.quantity, k.weight_g, p.family_id,
        sum(l.quantity) OVER (PARTITION BY f.merchant_id, f.fulfilment_order_id, l.sku_id
                              ORDER BY l.line_no) - l.quantity AS ahead,
        count(*) OVER its_lines AS lines,
        min(l.sku_id) OVER its_lines <> max(l.sku_id) OVER its_lines AS mixed
    FROM unnest(:merchant_ids::int[], :fulfilment_order_ids::bigint[])
        AS w (merchant_id, fulfilment_order_id)
    JOIN allocation.fulfilment_order AS f
        ON (f.merchant_id, f.fulfilment_order_id) = (w.merchant_id, w.fulfilment_order_id)
    JOIN allocation.fulfilment_line AS l
        ON (l.merchant_id, l.fulfilment_order_id) = (f.merchant_id, f.fulfilment_order_id)
    JOIN orders.orders AS o ON (o.merchant_id, o.order_id) = (f.merchant_id, f.order_id)
    JOIN merchants.skus AS k ON (k.merchant_id, k.sku_id) = (l.merchant_id, l.sku_id)
    LEFT JOIN inventory.reservations AS r
        ON (r.merchant_id, r.order_id, r.line_no) = (f.merchant_id, f.order_id, l.line_no)
    LEFT JOIN inventory.pools AS p ON (p.merchant_id, p.pool_id) = (r.merchant_id, r.pool_id)
    WINDOW its_lines AS (PARTITION BY f.merchant_id, f.fulfilment_order_id)
), reach AS (
    SELECT DISTINCT node_id, country
    FROM vendors.rates
    WHERE (:now::timestamptz AT TIME ZONE 'UTC')::date BETWEEN effective_from AND effective_to
), offer AS (
    SELECT a.*, s.node_id, s.on_hand - s.allocated AS free,
        least(a.quantity, s.on_hand - s.allocated - a.ahead)::int AS given
    FROM asked AS a
    JOIN inventory.pool_nodes AS n ON (n.merchant_id, n.family_id) = (a.merchant_id, a.family_id)
    JOIN reach ON (reach.node_id, reach.country) = (n.node_id, a.country)
    JOIN inventory.node_stocks AS s
        ON (s.merchant_id, s.node_id, s.sku_id) = (n.merchant_id, n.node_id, a.sku_id)
    WHERE s.on_hand - s.allocated > a.ahead
), kept AS (
    -- A line is served by units only where no node has it whole.
    SELECT *
    FROM (SELECT *, count(*) FILTER (WHERE given = quantity) OVER (
              PARTITION BY merchant_id, fulfilment_order_id, node_id) AS whole_lines,
              bool_or(given = quantity) OVER (
              PARTITION BY merchant_id, fulfilment_order_id, line_no) AS whole_somewhere
          FROM offer) AS o
    WHERE CASE WHEN :whole::boolean THEN whole_lines = lines
               ELSE given = quantity OR NOT whole_somewhere END
), parcel AS (
    SELECT merchant_id, fulfilment_order_id, node_id, country, deliver_by_at, whole_lines,
        sum(given) AS units, sum(given::numeric * weight_g) AS weight_g
    FROM kept
    GROUP BY merchant_id, fulfilment_order_id, node_id, country, deliver_by_at, whole_lines
), lane AS (
    -- The smallest band that holds the weight; what no band holds goes in several parcels.
    SELECT DISTINCT ON (d.node_id, d.country, d.weight_g, r.vendor, r.service)
        d.node_id, d.country, d.weight_g, r.vendor, r.service, r.transit_days, r.currency,
        r.fee_minor * greatest(1, ceil(d.weight_g / r.weight_to_g))::bigint AS freight_minor
    FROM (SELECT DISTINCT node_id, country, weight_g FROM parcel) AS d
    JOIN vendors.rates AS r ON (r.node_id, r.country) = (d.node_id, d.country)
    WHERE (:now::timestamptz AT TIME ZONE 'UTC')::date BETWEEN r.effective_from AND r.effective_to
    ORDER BY d.node_id, d.country, d.weight_g, r.vendor, r.service, r.weight_to_g < d.weight_g,
        abs(r.weight_to_g - d.weight_g), r.effective_from DESC
), way AS (
    SELECT DISTINCT ON (p.merchant_id, p.fulfilment_order_id, p.node_id)
        p.merchant_id, p.fulfilment_order_id, p.node_id, p.whole_lines, p.units, n.code,
        l.freight_minor, l.currency, late.days AS late_days,
        l.freight_minor + late.days * :late_day_minor::bigint AS cost_minor
    FROM parcel AS p
    JOIN lane AS l ON (l.node_id, l.country, l.weight_g) = (p.node_id, p.country, p.weight_g)
    JOIN inventory.nodes AS n ON n.node_id = p.node_id
    LEFT JOIN allocation.backlog AS b ON b.node_id = p.node_id
    CROSS JOIN LATERAL (
        SELECT greatest(0, ceil(extract(epoch FROM :now::timestamptz
            + coalesce(b.orders, 0)::float8 / n.orders_per_hour * interval '1 hour'
            + l.transit_days * interval '1 day' - p.deliver_by_at) / 86400))::int AS days
    ) AS late
    ORDER BY p.merchant_id, p.fulfilment_order_id, p.node_id, cost_minor, l.freight_minor,
        l.vendor, l.service
), ranked AS (
    SELECT *, row_number() OVER (
        PARTITION BY merchant_id, fulfilment_order_id
        ORDER BY whole_lines DESC, units DESC, cost_minor, freight_minor, node_id) AS rank
    FROM way
), reason AS (
    SELECT merchant_id, fulfilment_order_id,
        string_agg(
            r.code || ': freight '
            || round(r.freight_minor / 10::numeric ^ coalesce(m.digits, 2), coalesce(m.digits, 2))
            || ' ' || r.currency || CASE r.late_days
                WHEN 0 THEN ', on time' WHEN 1 THEN ', 1 day late'
                ELSE ', ' || r.late_days || ' days late' END,
            '; ' ORDER BY r.rank) AS because
    FROM ranked AS r
    LEFT JOIN unnest(:currencies::text[], :digits::int[]) AS m (currency, digits)
        ON m.currency = r.currency
    WHERE r.rank <= 3
    GROUP BY merchant_id, fulfilment_order_id
), claim AS (
    SELECT k.*, r.freight_minor, r.late_days,
        sum(k.given) OVER (
            PARTITION BY k.merchant_id, k.node_id, k.sku_id
            ORDER BY k.deliver_by_at, k.order_id, k.fulfilment_order_id, k.line_no) <= k.free
            AS fits,
        bool_or(k.mixed) OVER (PARTITION BY k.merchant_id, k.sku_id) AS entangled
    FROM kept AS k
    JOIN ranked AS r
        ON (r.merchant_id, r.fulfilment_order_id, r.node_id)
            = (k.merchant_id, k.fulfilment_order_id, k.node_id)
    WHERE r.rank = 1
), settled AS (
    -- Orders that could want the same stock queue together: those of one SKU by that SKU, those
    -- that share a SKU with an order of several in one queue for the merchant.
    SELECT *, bool_and(fits) OVER (
        PARTITION BY merchant_id, CASE WHEN entangled THEN 0 ELSE sku_id END
        ORDER BY deliver_by_at, order_id, fulfilment_order_id) AS served
    FROM claim
)
SELECT s.merchant_id, s.fulfilment_order_id, s.node_id, s.line_no, s.sku_id, s.given AS quantity,
    sum(s.given) OVER parts = sum(s.quantity) OVER parts AND count(*) OVER parts = s.lines
        AS entire,
    s.freight_minor, s.late_days, r.because
FROM settled AS s
JOIN reason AS r
    ON (r.merchant_id, r.fulfilment_order_id) = (s.merchant_id, s.fulfilment_order_id)
WHERE s.served
WINDOW parts AS (PARTITION BY s.merchant_id, s.fulfilment_order_id)
ORDER BY s.deliver_by_at, s.order_id, s.fulfilment_order_id, s.line_no
