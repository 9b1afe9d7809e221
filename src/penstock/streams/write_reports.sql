-- The first fulfilment order of an order bears its id; what was split off has ids of its own.
WITH asked AS (
    SELECT s.*
    FROM unnest(:merchant_ids::int[], :stream_ids::bigint[]) AS a (merchant_id, stream_id)
    JOIN streams.stream AS s ON (s.merchant_id, s.stream_id) = (a.merchant_id, a.stream_id)
), part AS MATERIALIZED (
    SELECT a.merchant_id, a.stream_id, o.dispatch_by_at, p.fulfilment_order_id
    FROM asked AS a
    JOIN orders.orders AS o ON (o.merchant_id, o.stream_id) = (a.merchant_id, a.stream_id)
    CROSS JOIN LATERAL (
        SELECT o.order_id AS fulfilment_order_id
        UNION
        SELECT f.fulfilment_order_id
        FROM allocation.fulfilment_orders AS f
        WHERE (f.merchant_id, f.order_id) = (o.merchant_id, o.order_id)
    ) AS p
), served AS (
    SELECT p.merchant_id, p.stream_id,
        count(*) FILTER (WHERE x.dispatched)::int AS dispatched,
        count(*) FILTER (WHERE u.status = 'cancelled')::int AS cancelled,
        count(*) FILTER (WHERE NOT x.dispatched AND u.status <> 'cancelled')::int AS open,
        count(*) FILTER (
            WHERE u.status <> 'cancelled' AND p.dispatch_by_at
                < CASE WHEN x.dispatched THEN j.dispatched_at ELSE :now::timestamptz END)::int
            AS late
    FROM part AS p
    JOIN lifecycle.subjects AS u
        ON (u.merchant_id, u.subject_id) = (p.merchant_id, p.fulfilment_order_id)
    CROSS JOIN LATERAL (
        SELECT u.status IN ('shipped', 'delivered', 'undelivered') AS dispatched) AS x
    LEFT JOIN experience.journeys AS j
        ON (j.merchant_id, j.fulfilment_order_id) = (p.merchant_id, p.fulfilment_order_id)
    GROUP BY p.merchant_id, p.stream_id
), told AS (
    SELECT a.merchant_id, a.stream_id, a.expected_orders, a.cancelled_at, a.ends_at,
        (SELECT coalesce(sum(m.orders), 0)::int FROM streams.minute AS m
         WHERE (m.merchant_id, m.stream_id, m.sku_id, m.outcome)
            = (a.merchant_id, a.stream_id, 0, 'accepted')) AS accepted_orders,
        (SELECT coalesce(sum(m.units), 0)::int FROM streams.minute AS m
         WHERE (m.merchant_id, m.stream_id, m.sku_id, m.outcome)
            = (a.merchant_id, a.stream_id, 0, 'accepted')) AS sold_units,
        (SELECT coalesce(jsonb_object_agg(r.outcome, r.orders), '{}')
         FROM (SELECT m.outcome, sum(m.orders + m.turned_away) AS orders
               FROM streams.minute AS m
               WHERE (m.merchant_id, m.stream_id, m.sku_id) = (a.merchant_id, a.stream_id, 0)
                   AND m.outcome <> 'accepted'
               GROUP BY m.outcome) AS r) AS refused,
        (SELECT coalesce(sum(k.given_back), 0)::int FROM streams.stream_sku AS k
         WHERE (k.merchant_id, k.stream_id) = (a.merchant_id, a.stream_id)) AS given_back,
        (SELECT array_agg(coalesce(b.orders, 0) ORDER BY part)
         FROM generate_series(1, 20) AS part
         LEFT JOIN (
             SELECT least(20, greatest(1, width_bucket(
                     extract(epoch FROM m.minute - a.starts_at),
                     0, extract(epoch FROM a.ends_at - a.starts_at), 20))) AS part,
                 sum(m.orders)::int AS orders
             FROM streams.minute AS m
             WHERE (m.merchant_id, m.stream_id, m.sku_id, m.outcome)
                = (a.merchant_id, a.stream_id, 0, 'accepted')
             GROUP BY 1) AS b USING (part)) AS shape
    FROM asked AS a
), stored AS (
    INSERT INTO streams.report AS r (merchant_id, stream_id, closed_at, settled_at,
        accepted_orders, sold_units, refused, peak_orders, peak_at, expected_orders, given_back,
        dispatched, late, cancelled, under_way, shape)
    SELECT t.merchant_id, t.stream_id, :now::timestamptz,
        CASE WHEN coalesce(s.open, 0) = 0 THEN :now::timestamptz END,
        t.accepted_orders, t.sold_units, t.refused, coalesce(p.orders, 0), p.minute,
        t.expected_orders, t.given_back, coalesce(s.dispatched, 0), coalesce(s.late, 0),
        coalesce(s.cancelled, 0), coalesce(s.open, 0), t.shape
    FROM told AS t
    LEFT JOIN served AS s ON (s.merchant_id, s.stream_id) = (t.merchant_id, t.stream_id)
    LEFT JOIN LATERAL (
        SELECT m.orders, m.minute
        FROM streams.minute AS m
        WHERE (m.merchant_id, m.stream_id, m.sku_id, m.outcome)
            = (t.merchant_id, t.stream_id, 0, 'accepted')
        ORDER BY m.orders DESC, m.minute
        LIMIT 1
    ) AS p ON true
    ORDER BY t.merchant_id, t.stream_id
    ON CONFLICT (merchant_id, stream_id) DO UPDATE
    SET settled_at = excluded.settled_at, accepted_orders = excluded.accepted_orders,
        sold_units = excluded.sold_units, refused = excluded.refused,
        peak_orders = excluded.peak_orders, peak_at = excluded.peak_at,
        given_back = excluded.given_back, dispatched = excluded.dispatched,
        late = excluded.late, cancelled = excluded.cancelled,
        under_way = excluded.under_way, shape = excluded.shape
    RETURNING 1
)
SELECT count(*)::int AS written FROM stored
