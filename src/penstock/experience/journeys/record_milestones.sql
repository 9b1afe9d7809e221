-- What was told of an order is gathered into one row; an order known already keeps the earliest
-- time of each milestone, or takes what is told now where that is a correction.
WITH told AS (
    SELECT t.merchant_id, t.fulfilment_order_id, max(t.order_ref) AS order_ref,
        max(t.market) AS market, max(t.channel) AS channel,
        min(t.at) FILTER (WHERE t.milestone = 'ordered') AS ordered_at,
        min(t.at) AS first_at,
        min(t.at) FILTER (WHERE t.milestone = 'paid') AS paid_at,
        min(t.at) FILTER (WHERE t.milestone = 'accepted') AS accepted_at,
        min(t.at) FILTER (WHERE t.milestone = 'dispatch_by') AS dispatch_by_at,
        min(t.at) FILTER (WHERE t.milestone = 'deliver_by') AS deliver_by_at,
        min(t.at) FILTER (WHERE t.milestone = 'transit_by') AS transit_by_at,
        min(t.at) FILTER (WHERE t.milestone = 'allocated') AS allocated_at,
        min(t.at) FILTER (WHERE t.milestone = 'released') AS released_at,
        min(t.at) FILTER (WHERE t.milestone = 'picked') AS picked_at,
        min(t.at) FILTER (WHERE t.milestone = 'packed') AS packed_at,
        min(t.at) FILTER (WHERE t.milestone = 'labelled') AS labelled_at,
        min(t.at) FILTER (WHERE t.milestone = 'cleared') AS cleared_at,
        min(t.at) FILTER (WHERE t.milestone = 'dispatched') AS dispatched_at,
        min(t.at) FILTER (WHERE t.milestone = 'scanned') AS scanned_at,
        min(t.at) FILTER (WHERE t.milestone = 'delivered') AS delivered_at,
        min(t.at) FILTER (WHERE t.milestone = 'cancelled') AS cancelled_at,
        min(t.fault) FILTER (WHERE t.milestone = 'cancelled') AS cancel_fault,
        min(t.at) FILTER (WHERE t.milestone = 'returned') AS returned_at,
        min(t.fault) FILTER (WHERE t.milestone = 'returned') AS return_fault,
        min(t.at) FILTER (WHERE t.milestone = 'lost') AS lost_at,
        min(t.fault) FILTER (WHERE t.milestone = 'exception') AS exception_fault
    FROM unnest(:merchant_ids::int[], :fulfilment_order_ids::bigint[], :order_refs::text[],
                :milestones::text[], :at::timestamptz[], :faults::text[], :markets::text[],
                :channels::text[])
        AS t (merchant_id, fulfilment_order_id, order_ref, milestone, at, fault, market, channel)
    GROUP BY t.merchant_id, t.fulfilment_order_id
), written AS (
    INSERT INTO experience.journey AS j
        (merchant_id, fulfilment_order_id, source, order_ref, market, channel, ordered_at, paid_at,
         accepted_at, dispatch_by_at, deliver_by_at, transit_by_at, allocated_at, released_at,
         picked_at, packed_at, labelled_at, cleared_at, dispatched_at, scanned_at, delivered_at,
         cancelled_at, cancel_fault, returned_at, return_fault, lost_at, exception_fault, excluded)
    SELECT t.merchant_id, t.fulfilment_order_id, 'told', t.order_ref, t.market, t.channel,
        coalesce(t.ordered_at, t.first_at),
        t.paid_at, t.accepted_at, t.dispatch_by_at, t.deliver_by_at, t.transit_by_at,
        t.allocated_at, t.released_at, t.picked_at, t.packed_at, t.labelled_at, t.cleared_at,
        t.dispatched_at, t.scanned_at, t.delivered_at, t.cancelled_at, t.cancel_fault,
        t.returned_at, t.return_fault, t.lost_at, t.exception_fault,
        CASE WHEN t.ordered_at IS NULL THEN 'unordered' END
    FROM told AS t
    ORDER BY t.merchant_id, t.fulfilment_order_id
    ON CONFLICT (merchant_id, fulfilment_order_id) DO UPDATE SET
        (market, channel, ordered_at, excluded, paid_at, accepted_at, dispatch_by_at,
         deliver_by_at, transit_by_at, allocated_at, released_at, picked_at, packed_at,
         labelled_at, cleared_at, dispatched_at, scanned_at, delivered_at, cancelled_at,
         cancel_fault, returned_at, return_fault, lost_at, exception_fault)
        = (SELECT
            coalesce(nullif(excluded.market, ''), j.market),
            coalesce(nullif(excluded.channel, ''), j.channel),
            -- Until its placing is told, an order is set aside, as old as the first that was told of
            -- it: of promises too, or it would matter which of two was told first.
            CASE WHEN excluded.excluded IS NULL AND (:correct::boolean OR j.excluded = 'unordered')
                 THEN excluded.ordered_at
                 WHEN excluded.excluded IS NOT NULL AND j.excluded IS DISTINCT FROM 'unordered'
                 THEN j.ordered_at
                 ELSE least(j.ordered_at, excluded.ordered_at) END,
            CASE WHEN j.excluded = 'unordered' THEN excluded.excluded ELSE j.excluded END,
            CASE WHEN k.new THEN coalesce(excluded.paid_at, j.paid_at)
                 ELSE least(j.paid_at, excluded.paid_at) END,
            CASE WHEN k.new THEN coalesce(excluded.accepted_at, j.accepted_at)
                 ELSE least(j.accepted_at, excluded.accepted_at) END,
            CASE WHEN k.new THEN coalesce(excluded.dispatch_by_at, j.dispatch_by_at)
                 ELSE least(j.dispatch_by_at, excluded.dispatch_by_at) END,
            CASE WHEN k.new THEN coalesce(excluded.deliver_by_at, j.deliver_by_at)
                 ELSE least(j.deliver_by_at, excluded.deliver_by_at) END,
            CASE WHEN k.new THEN coalesce(excluded.transit_by_at, j.transit_by_at)
                 ELSE least(j.transit_by_at, excluded.transit_by_at) END,
            CASE WHEN k.new THEN coalesce(excluded.allocated_at, j.allocated_at)
                 ELSE least(j.allocated_at, excluded.allocated_at) END,
            CASE WHEN k.new THEN coalesce(excluded.released_at, j.released_at)
                 ELSE least(j.released_at, excluded.released_at) END,
            CASE WHEN k.new THEN coalesce(excluded.picked_at, j.picked_at)
                 ELSE least(j.picked_at, excluded.picked_at) END,
            CASE WHEN k.new THEN coalesce(excluded.packed_at, j.packed_at)
                 ELSE least(j.packed_at, excluded.packed_at) END,
            CASE WHEN k.new THEN coalesce(excluded.labelled_at, j.labelled_at)
                 ELSE least(j.labelled_at, excluded.labelled_at) END,
            CASE WHEN k.new THEN coalesce(excluded.cleared_at, j.cleared_at)
                 ELSE least(j.cleared_at, excluded.cleared_at) END,
            CASE WHEN k.new THEN coalesce(excluded.dispatched_at, j.dispatched_at)
                 ELSE least(j.dispatched_at, excluded.dispatched_at) END,
            CASE WHEN k.new THEN coalesce(excluded.scanned_at, j.scanned_at)
                 ELSE least(j.scanned_at, excluded.scanned_at) END,
            CASE WHEN k.new THEN coalesce(excluded.delivered_at, j.delivered_at)
                 ELSE least(j.delivered_at, excluded.delivered_at) END,
            CASE WHEN k.new THEN coalesce(excluded.cancelled_at, j.cancelled_at)
                 ELSE least(j.cancelled_at, excluded.cancelled_at) END,
            CASE WHEN k.new THEN coalesce(excluded.cancel_fault, j.cancel_fault)
                 ELSE least(j.cancel_fault, excluded.cancel_fault) END,
            CASE WHEN k.new THEN coalesce(excluded.returned_at, j.returned_at)
                 ELSE least(j.returned_at, excluded.returned_at) END,
            CASE WHEN k.new THEN coalesce(excluded.return_fault, j.return_fault)
                 ELSE least(j.return_fault, excluded.return_fault) END,
            CASE WHEN k.new THEN coalesce(excluded.lost_at, j.lost_at)
                 ELSE least(j.lost_at, excluded.lost_at) END,
            CASE WHEN k.new THEN coalesce(excluded.exception_fault, j.exception_fault)
                 ELSE least(j.exception_fault, excluded.exception_fault) END
           FROM (SELECT :correct::boolean AS new) AS k)
    RETURNING (xmax = 0) AS added
)
SELECT count(*) FILTER (WHERE added)::int AS added, count(*) FILTER (WHERE NOT added)::int AS touched
FROM written
