-- Each order is put together by itself: the archive asks for thousands, a page for one. Every step
-- is fenced by OFFSET 0, so that it goes by key however many orders the merchant has.
SELECT w.merchant_id, w.order_id, order_shown.shown
FROM unnest(:merchant_ids::int[], :order_ids::bigint[])
    WITH ORDINALITY AS w (merchant_id, order_id, position)
CROSS JOIN LATERAL (
WITH shown AS (
    SELECT o.*, m.code AS merchant, s.status
    FROM orders.orders AS o
    JOIN merchants.merchants AS m ON m.merchant_id = o.merchant_id
    JOIN orders.order_statuses AS s ON (s.merchant_id, s.order_id) = (o.merchant_id, o.order_id)
    WHERE (o.merchant_id, o.order_id) = (w.merchant_id, w.order_id)
    OFFSET 0
), part AS (
    SELECT o.merchant_id, s.subject_id AS fulfilment_order_id, s.status, s.since_at, f.node_id,
        f.because
    FROM shown AS o
    CROSS JOIN LATERAL (
        SELECT o.order_id AS fulfilment_order_id
        UNION
        SELECT f.fulfilment_order_id
        FROM allocation.fulfilment_orders AS f
        WHERE (f.merchant_id, f.order_id) = (o.merchant_id, o.order_id)
        OFFSET 0
    ) AS born
    CROSS JOIN LATERAL (
        SELECT subject_id, status, since_at
        FROM lifecycle.subjects
        WHERE (merchant_id, subject_id) = (o.merchant_id, born.fulfilment_order_id)
        OFFSET 0
    ) AS s
    LEFT JOIN LATERAL (
        SELECT node_id, because
        FROM allocation.fulfilment_orders
        WHERE (merchant_id, fulfilment_order_id) = (o.merchant_id, born.fulfilment_order_id)
        OFFSET 0
    ) AS f ON true
), part_line AS (
    SELECT l.merchant_id, l.fulfilment_order_id, l.line_no, l.sku_id, l.quantity
    FROM part AS p
    JOIN allocation.fulfilment_lines AS l
        ON (l.merchant_id, l.fulfilment_order_id) = (p.merchant_id, p.fulfilment_order_id)
    UNION ALL
    SELECT l.merchant_id, l.order_id, l.line_no, l.sku_id, l.accepted
    FROM shown AS o
    JOIN orders.line AS l ON (l.merchant_id, l.order_id) = (o.merchant_id, o.order_id)
    WHERE NOT EXISTS (
        SELECT FROM allocation.fulfilment_orders AS f
        WHERE (f.merchant_id, f.order_id) = (o.merchant_id, o.order_id))
), parcel AS (
    SELECT c.merchant_id, c.parcel_id, c.fulfilment_order_id, c.parcel_no, c.weight_g, s.status,
        l.vendor, l.service, l.tracking_number
    FROM part AS p
    CROSS JOIN LATERAL (
        SELECT *
        FROM warehouse.parcels
        WHERE (merchant_id, fulfilment_order_id) = (p.merchant_id, p.fulfilment_order_id)
        OFFSET 0
    ) AS c
    JOIN lifecycle.subjects AS s ON (s.merchant_id, s.subject_id) = (c.merchant_id, c.parcel_id)
    LEFT JOIN shipping.labels AS l ON (l.merchant_id, l.parcel_id) = (c.merchant_id, c.parcel_id)
), sent_back AS (
    SELECT r.*, s.status, s.since_at, coalesce(x.detail, '') AS trouble
    FROM part AS p
    CROSS JOIN LATERAL (
        SELECT *
        FROM returns.rmas
        WHERE (merchant_id, fulfilment_order_id) = (p.merchant_id, p.fulfilment_order_id)
        OFFSET 0
    ) AS r
    JOIN lifecycle.subjects AS s ON (s.merchant_id, s.subject_id) = (r.merchant_id, r.return_id)
    LEFT JOIN tracking.exceptions AS x
        ON (x.merchant_id, x.subject_id) = (r.merchant_id, r.return_id) AND x.closed_at IS NULL
), happening AS (
    SELECT h.*
    FROM (SELECT merchant_id, fulfilment_order_id AS subject_id FROM part
          UNION ALL
          SELECT merchant_id, parcel_id FROM parcel
          UNION ALL
          SELECT merchant_id, return_id FROM sent_back) AS s
    JOIN lifecycle.moves AS h ON (h.merchant_id, h.subject_id) = (s.merchant_id, s.subject_id)
), sku AS (
    SELECT k.sku_id, k.code, k.title
    FROM shown AS o
    JOIN orders.line AS l ON (l.merchant_id, l.order_id) = (o.merchant_id, o.order_id)
    JOIN merchants.skus AS k ON (k.merchant_id, k.sku_id) = (l.merchant_id, l.sku_id)
    GROUP BY k.sku_id, k.code, k.title
)
SELECT jsonb_build_object(
    'order_id', o.order_id, 'merchant', o.merchant, 'channel', o.channel,
    'channel_order_id', o.channel_order_id, 'status', o.status, 'country', o.country,
    'currency', o.currency, 'goods_minor', o.goods_minor, 'shipping_minor', o.shipping_minor,
    'policy', o.policy, 'ship_to', o.ship_to, 'ordered_at', o.ordered_at, 'paid_at', o.paid_at,
    'received_at', o.received_at, 'dispatch_by_at', o.dispatch_by_at,
    'deliver_by_at', o.deliver_by_at,
    'stream', (
        SELECT s.code FROM streams.streams AS s
        WHERE (s.merchant_id, s.stream_id) = (o.merchant_id, o.stream_id)),
    'lines', (
        SELECT jsonb_agg(jsonb_build_object(
            'line_no', l.line_no, 'sku', k.code, 'title', k.title, 'quantity', l.quantity,
            'accepted', l.accepted, 'backordered', l.backordered,
            'unit_price_minor', l.unit_price_minor) ORDER BY l.line_no)
        FROM orders.line AS l
        JOIN sku AS k ON k.sku_id = l.sku_id
        WHERE (l.merchant_id, l.order_id) = (o.merchant_id, o.order_id)),
    'fulfilment_orders', (
        SELECT jsonb_agg(jsonb_build_object(
            'fulfilment_order_id', p.fulfilment_order_id, 'status', p.status,
            'since_at', p.since_at, 'node', n.code, 'because', coalesce(p.because, ''),
            'cancelled_because', c.reason, 'cancelled_fault', c.fault,
            'lines', coalesce((
                SELECT jsonb_agg(jsonb_build_object(
                    'line_no', l.line_no, 'sku', k.code, 'quantity', l.quantity)
                    ORDER BY l.line_no)
                FROM part_line AS l
                JOIN sku AS k ON k.sku_id = l.sku_id
                WHERE l.fulfilment_order_id = p.fulfilment_order_id), '[]'),
            'parcels', coalesce((
                SELECT jsonb_agg(jsonb_build_object(
                    'parcel_id', a.parcel_id, 'parcel_no', a.parcel_no, 'status', a.status,
                    'weight_g', a.weight_g, 'vendor', a.vendor, 'service', a.service,
                    'tracking_number', a.tracking_number,
                    'tracking', coalesce((
                        SELECT jsonb_agg(jsonb_build_object(
                            'occurred_at', e.occurred_at, 'status', e.status, 'code', e.code,
                            'place', e.place, 'fault', e.fault, 'vendor', e.vendor)
                            ORDER BY e.occurred_at, e.received_at, e.event_id)
                        FROM tracking.events AS e
                        WHERE (e.merchant_id, e.parcel_id) = (a.merchant_id, a.parcel_id)), '[]'))
                    ORDER BY a.parcel_no)
                FROM parcel AS a
                WHERE a.fulfilment_order_id = p.fulfilment_order_id), '[]'))
            ORDER BY p.fulfilment_order_id)
        FROM part AS p
        LEFT JOIN inventory.nodes AS n ON n.node_id = p.node_id
        LEFT JOIN orders.cancellation AS c
            ON (c.merchant_id, c.fulfilment_order_id) = (p.merchant_id, p.fulfilment_order_id)),
    'returns', coalesce((
        SELECT jsonb_agg(jsonb_build_object(
            'return_id', r.return_id, 'request_key', r.request_key,
            'fulfilment_order_id', r.fulfilment_order_id, 'status', r.status,
            'since_at', r.since_at, 'reason', r.reason, 'fault', r.fault,
            'because', r.decided_because, 'trouble', r.trouble, 'vendor', r.vendor,
            'label_reference', r.label_reference, 'refund_minor', r.refund_minor,
            'currency', r.currency, 'requested_at', r.requested_at,
            'received_at', r.received_at, 'settled_at', r.settled_at,
            'lines', (
                SELECT jsonb_agg(jsonb_build_object(
                    'line_no', l.line_no, 'sku', k.code, 'quantity', l.quantity,
                    'grade', l.grade, 'disposition', l.disposition) ORDER BY l.line_no)
                FROM returns.rma_lines AS l
                JOIN sku AS k ON k.sku_id = l.sku_id
                WHERE (l.merchant_id, l.return_id) = (r.merchant_id, r.return_id)))
            ORDER BY r.return_id)
        FROM sent_back AS r), '[]'),
    'history', (
        SELECT jsonb_agg(jsonb_build_object(
            'at', h.at, 'kind', h.kind, 'subject_id', h.subject_id, 'event', h.event,
            'status', h.to_status) ORDER BY h.at, h.history_id)
        FROM happening AS h)
)::text AS shown
FROM shown AS o
) AS order_shown
ORDER BY w.position
