-- What waits for a worker and what is on a floor have an index each; where no order has come to its
-- date yet, as in the hours after a stream, none of it is looked at. The first fulfilment order of an
-- order bears its id, and has no record before it is allocated.
WITH stage AS (
    SELECT *
    FROM unnest(:statuses::text[], :because::text[], :queues::boolean[], :slacks::interval[])
        AS s (status, because, queues, slack)
), queue AS (
    SELECT n.node_id, n.zone, n.cut_off,
        coalesce(b.orders, 0)::float8 / n.orders_per_hour * interval '1 hour' AS drains_in
    FROM inventory.nodes AS n
    LEFT JOIN allocation.backlogs AS b ON b.node_id = n.node_id
), anywhere AS (
    SELECT 'UTC' AS zone, time '17:00' AS cut_off,
        coalesce(max(drains_in), interval '0') AS drains_in
    FROM queue
), late_ones AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM orders.orders WHERE dispatch_by_at < :now::timestamptz) AS there_are
), waiting AS MATERIALIZED (
    SELECT s.merchant_id, s.subject_id AS fulfilment_order_id, s.status
    FROM lifecycle.subjects AS s
    WHERE s.kind = 'fulfilment_order' AND s.status = ANY (:statuses::text[])
        AND s.due_at < 'infinity'
        AND (SELECT there_are FROM late_ones)
    UNION ALL
    SELECT s.merchant_id, s.subject_id, s.status
    FROM lifecycle.subjects AS s
    WHERE s.kind = 'fulfilment_order' AND s.status IN ('released', 'picked', 'packed')
        AND s.status = ANY (:statuses::text[])
        AND (SELECT there_are FROM late_ones)
), late AS MATERIALIZED (
    -- A new promise is always a later one, so the first says who may be late. One look-up an order,
    -- each by its key: OFFSET 0 keeps a planner from pairing all of a merchant's rows first.
    SELECT w.*, o.order_id, o.dispatch_by_at, o.deliver_by_at
    FROM waiting AS w
    LEFT JOIN LATERAL (
        SELECT o.order_id, o.dispatch_by_at, o.deliver_by_at
        FROM orders.orders AS o
        WHERE (o.merchant_id, o.order_id) = (w.merchant_id, w.fulfilment_order_id)
        OFFSET 0
    ) AS o ON true
    WHERE coalesce(o.dispatch_by_at < :now::timestamptz, true)
), broken AS (
    SELECT l.merchant_id, l.fulfilment_order_id, g.because, g.queues, g.slack, f.node_id,
        coalesce(r.revision, 0) AS revision,
        coalesce(r.dispatch_by_at, l.dispatch_by_at, o.dispatch_by_at) AS dispatch_by_at,
        coalesce(r.deliver_by_at, l.deliver_by_at, o.deliver_by_at) AS deliver_by_at
    FROM late AS l
    JOIN stage AS g ON g.status = l.status
    LEFT JOIN LATERAL (
        SELECT f.node_id, f.order_id
        FROM allocation.fulfilment_orders AS f
        WHERE (f.merchant_id, f.fulfilment_order_id) = (l.merchant_id, l.fulfilment_order_id)
        OFFSET 0
    ) AS f ON true
    LEFT JOIN LATERAL (
        SELECT o.dispatch_by_at, o.deliver_by_at
        FROM orders.orders AS o
        WHERE (o.merchant_id, o.order_id) = (l.merchant_id, f.order_id) AND l.order_id IS NULL
        OFFSET 0
    ) AS o ON true
    LEFT JOIN LATERAL (
        SELECT *
        FROM promise.revision AS r
        WHERE (r.merchant_id, r.fulfilment_order_id) = (l.merchant_id, l.fulfilment_order_id)
        ORDER BY r.revision DESC
        LIMIT 1
    ) AS r ON true
    WHERE coalesce(r.dispatch_by_at, l.dispatch_by_at, o.dispatch_by_at) < :now::timestamptz
        AND coalesce(r.at <= :now::timestamptz - :again_after::interval, true)
    ORDER BY dispatch_by_at, l.merchant_id, l.fulfilment_order_id
    LIMIT :batch::int
), ready AS (
    SELECT b.*, coalesce(q.zone, a.zone) AS zone, coalesce(q.cut_off, a.cut_off) AS cut_off,
        :now::timestamptz + b.slack
            + CASE WHEN b.queues THEN coalesce(q.drains_in, a.drains_in) ELSE interval '0' END
            AS ready_at
    FROM broken AS b
    CROSS JOIN anywhere AS a
    LEFT JOIN queue AS q ON q.node_id = b.node_id
), dated AS (
    SELECT r.*, (
        (r.ready_at AT TIME ZONE r.zone)::date + r.cut_off
        + CASE WHEN ((r.ready_at AT TIME ZONE r.zone)::date + r.cut_off) AT TIME ZONE r.zone
                    > r.ready_at
               THEN interval '0' ELSE interval '1 day' END
        ) AT TIME ZONE r.zone AS new_dispatch_by_at
    FROM ready AS r
), stored AS (
    INSERT INTO promise.revision (merchant_id, fulfilment_order_id, revision, dispatch_by_at,
                                  deliver_by_at, because, at)
    SELECT merchant_id, fulfilment_order_id, revision + 1, new_dispatch_by_at,
        deliver_by_at + (new_dispatch_by_at - dispatch_by_at), because, :now::timestamptz
    FROM dated
    ORDER BY merchant_id, fulfilment_order_id
    ON CONFLICT (merchant_id, fulfilment_order_id, revision) DO NOTHING
    RETURNING merchant_id, fulfilment_order_id, revision, dispatch_by_at, deliver_by_at, because
)
SELECT * FROM stored ORDER BY merchant_id, fulfilment_order_id
