-- Folds everything known of the fulfilment orders concerned into their journeys, from scratch:
-- told twice, late or out of order, it comes to the same. Each order is looked up by its keys
-- (LATERAL): joins of intermediate sets are planned badly while the tables are young.
WITH told AS (
    SELECT DISTINCT t.merchant_id, t.subject_id
    FROM unnest(:merchant_ids::int[], :subject_ids::bigint[]) AS t (merchant_id, subject_id)
), concerned AS (
    SELECT s.merchant_id, s.subject_id AS fulfilment_order_id
    FROM told AS t JOIN lifecycle.subjects AS s USING (merchant_id, subject_id)
    WHERE s.kind = 'fulfilment_order'
    UNION
    SELECT p.merchant_id, p.fulfilment_order_id
    FROM told AS t
    JOIN warehouse.parcels AS p ON (p.merchant_id, p.parcel_id) = (t.merchant_id, t.subject_id)
    UNION
    SELECT r.merchant_id, r.fulfilment_order_id
    FROM told AS t
    JOIN returns.rmas AS r ON (r.merchant_id, r.return_id) = (t.merchant_id, t.subject_id)
), known AS (
    SELECT c.merchant_id, c.fulfilment_order_id, o.channel_order_id AS order_ref,
        o.channel, o.country AS market, o.ordered_at, o.paid_at, o.received_at AS accepted_at,
        o.dispatch_by_at, o.deliver_by_at, m.allocated_at, m.released_at, m.picked_at,
        m.packed_at, p.labelled_at, p.cleared_at, m.dispatched_at, p.scanned_at, p.transit_by_at,
        -- The vendor's own time counts, once the whole order has arrived.
        CASE WHEN m.delivered_at IS NOT NULL THEN coalesce(p.delivered_at, m.delivered_at) END
            AS delivered_at,
        coalesce(x.at, m.cancelled_at) AS cancelled_at,
        coalesce(x.fault, CASE WHEN m.cancelled_at IS NOT NULL THEN 'unknown' END) AS cancel_fault,
        r.returned_at, nullif(r.fault, '') AS return_fault, p.lost_at, p.fault AS exception_fault
    FROM concerned AS c
    LEFT JOIN allocation.fulfilment_orders AS f
        ON (f.merchant_id, f.fulfilment_order_id) = (c.merchant_id, c.fulfilment_order_id)
    -- Until it is allocated, an order is one fulfilment order of the same number.
    JOIN orders.orders AS o
        ON (o.merchant_id, o.order_id)
         = (c.merchant_id, coalesce(f.order_id, c.fulfilment_order_id))
    CROSS JOIN LATERAL (
        SELECT max(m.at) FILTER (WHERE m.event = 'allocated') AS allocated_at,
            max(m.at) FILTER (WHERE m.event = 'released') AS released_at,
            max(m.at) FILTER (WHERE m.event = 'picked') AS picked_at,
            max(m.at) FILTER (WHERE m.event = 'packed') AS packed_at,
            min(m.at) FILTER (WHERE m.event = 'handed_over') AS dispatched_at,
            min(m.at) FILTER (WHERE m.event = 'delivered') AS delivered_at,
            min(m.at) FILTER (WHERE m.event = 'cancelled') AS cancelled_at
        FROM lifecycle.moves AS m
        WHERE (m.merchant_id, m.subject_id) = (c.merchant_id, c.fulfilment_order_id)
    ) AS m
    CROSS JOIN LATERAL (
        SELECT max(l.bought_at) AS labelled_at,
            max(d.cleared_at) AS cleared_at,
            max(l.deliver_by_at) AS transit_by_at,
            -- An order is on its way once all of it has been scanned.
            CASE WHEN bool_and(e.scanned_at IS NOT NULL) THEN max(e.scanned_at) END AS scanned_at,
            max(e.delivered_at) AS delivered_at,
            min(coalesce(e.lost_at, t.since_at)) AS lost_at,
            -- Vendors say consignee and retailer of whom profiles call buyer and seller.
            (array_agg(CASE x.fault WHEN 'consignee' THEN 'buyer' WHEN 'retailer' THEN 'seller'
                                    ELSE x.fault END ORDER BY x.opened_at DESC)
                FILTER (WHERE x.fault <> ''))[1] AS fault
        FROM warehouse.parcels AS p
        LEFT JOIN shipping.labels AS l
            ON (l.merchant_id, l.parcel_id) = (p.merchant_id, p.parcel_id)
        LEFT JOIN customs.declarations AS d
            ON (d.merchant_id, d.parcel_id) = (p.merchant_id, p.parcel_id)
        CROSS JOIN LATERAL (
            SELECT min(e.occurred_at) FILTER (WHERE e.status = 'delivered') AS delivered_at,
                min(e.occurred_at) FILTER (WHERE e.status = 'lost') AS lost_at,
                -- Whatever a carrier tells of a parcel on its way, it has scanned it.
                min(e.occurred_at) FILTER (
                    WHERE e.status IN ('scanned', 'out_for_delivery', 'attempt_failed', 'delivered')
                ) AS scanned_at
            FROM tracking.events AS e
            WHERE (e.merchant_id, e.parcel_id) = (p.merchant_id, p.parcel_id)
        ) AS e
        LEFT JOIN lifecycle.subjects AS t
            ON (t.merchant_id, t.subject_id) = (p.merchant_id, p.parcel_id) AND t.status = 'lost'
        LEFT JOIN LATERAL (
            SELECT x.fault, x.opened_at
            FROM tracking.exceptions AS x
            WHERE (x.merchant_id, x.subject_id) = (p.merchant_id, p.parcel_id) AND x.fault <> ''
            ORDER BY x.opened_at DESC
            LIMIT 1
        ) AS x ON true
        WHERE (p.merchant_id, p.fulfilment_order_id) = (c.merchant_id, c.fulfilment_order_id)
    ) AS p
    LEFT JOIN LATERAL (
        SELECT r.requested_at AS returned_at, r.fault
        FROM returns.rmas AS r
        JOIN lifecycle.subjects AS s
            ON (s.merchant_id, s.subject_id) = (r.merchant_id, r.return_id)
        WHERE (r.merchant_id, r.fulfilment_order_id) = (c.merchant_id, c.fulfilment_order_id)
            AND s.status NOT IN ('rejected', 'lapsed')
        ORDER BY r.requested_at
        LIMIT 1
    ) AS r ON true
    LEFT JOIN orders.cancellations AS x
        ON (x.merchant_id, x.fulfilment_order_id) = (c.merchant_id, c.fulfilment_order_id)
), written AS (
    INSERT INTO experience.journey
        (merchant_id, fulfilment_order_id, order_ref, channel, market, ordered_at, paid_at,
         accepted_at, dispatch_by_at, deliver_by_at, allocated_at, released_at, picked_at,
         packed_at, labelled_at, cleared_at, dispatched_at, scanned_at, transit_by_at,
         delivered_at, cancelled_at, cancel_fault, returned_at, return_fault, lost_at,
         exception_fault)
    SELECT k.merchant_id, k.fulfilment_order_id, k.order_ref, k.channel, k.market, k.ordered_at,
        k.paid_at, k.accepted_at, k.dispatch_by_at, k.deliver_by_at, k.allocated_at, k.released_at,
        k.picked_at, k.packed_at, k.labelled_at, k.cleared_at, k.dispatched_at, k.scanned_at,
        k.transit_by_at, k.delivered_at, k.cancelled_at, k.cancel_fault, k.returned_at,
        k.return_fault, k.lost_at, k.exception_fault
    FROM known AS k
    ORDER BY k.merchant_id, k.fulfilment_order_id
    ON CONFLICT (merchant_id, fulfilment_order_id) DO UPDATE SET
        channel = excluded.channel,
        allocated_at = excluded.allocated_at, released_at = excluded.released_at,
        picked_at = excluded.picked_at, packed_at = excluded.packed_at,
        labelled_at = excluded.labelled_at, cleared_at = excluded.cleared_at,
        dispatched_at = excluded.dispatched_at, scanned_at = excluded.scanned_at,
        transit_by_at = excluded.transit_by_at, delivered_at = excluded.delivered_at,
        cancelled_at = excluded.cancelled_at, cancel_fault = excluded.cancel_fault,
        returned_at = excluded.returned_at, return_fault = excluded.return_fault,
        lost_at = excluded.lost_at, exception_fault = excluded.exception_fault
    RETURNING 1
)
SELECT count(*) FROM written
