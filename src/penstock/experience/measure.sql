-- What each merchant's journeys count for each metric that a profile asks for, known at :as_of.
--
-- A population is the moment an order enters it and a predicate the moment it comes true, null for
-- never; so an order counts when it entered within the window that ends at :as_of, and hits when
-- the predicate came true by then. The words are explained in vocabulary.py.
WITH step AS MATERIALIZED (
    SELECT s.code, s.upto, s.points
    FROM unnest(:step_codes::text[], :step_uptos::numeric[], :step_points::int[])
        AS s (code, upto, points)
), asked AS MATERIALIZED (
    SELECT a.code, a.population, a.predicate, a.quantity, a.otherwise,
        string_to_array(a.excluding, ' ') AS excluding,
        -- What an order earns that costs nothing.
        CASE WHEN a.quantity = '' THEN a.higher::int
             ELSE (SELECT max(s.points) FROM step AS s WHERE s.code = a.code) END AS best,
        CASE WHEN a.window_days = 0 THEN '-infinity'
             ELSE :as_of::timestamptz - make_interval(hours => 24 * a.window_days) END AS from_at
    FROM unnest(:codes::text[], :populations::text[], :predicates::text[], :quantities::text[],
                :higher::boolean[], :otherwise::int[], :window_days::int[], :excluding::text[])
        AS a (code, population, predicate, quantity, higher, otherwise, window_days, excluding)
), clock AS (
    SELECT j.*,
        CASE WHEN j.cancelled_at < coalesce(j.dispatched_at, 'infinity')
             THEN j.cancelled_at END AS cancelled_unshipped_at,
        CASE WHEN j.cancelled_at < coalesce(least(j.delivered_at, j.lost_at), 'infinity')
             THEN j.cancelled_at END AS cancelled_undelivered_at,
        coalesce(j.transit_by_at, j.dispatched_at + (j.deliver_by_at - j.dispatch_by_at))
            AS transit_due_at,
        (date_trunc('day', j.paid_at AT TIME ZONE :time_zone::text) + interval '2 days')
            AT TIME ZONE :time_zone::text AS day_after_ended_at,
        (CASE WHEN (j.paid_at AT TIME ZONE :time_zone::text)::time >= '18:00'
              THEN date_trunc('day', j.paid_at AT TIME ZONE :time_zone::text) + interval '30 hours'
              WHEN (j.paid_at AT TIME ZONE :time_zone::text)::time < '06:00'
              THEN date_trunc('day', j.paid_at AT TIME ZONE :time_zone::text) + interval '6 hours'
              ELSE j.paid_at AT TIME ZONE :time_zone::text
         END) AT TIME ZONE :time_zone::text AS pickup_from_at
    FROM experience.journey AS j
    WHERE j.ordered_at <= :as_of::timestamptz
      AND (:merchant::int IS NULL OR j.merchant_id = :merchant::int)
), judged AS (
    SELECT c.merchant_id, c.fulfilment_order_id, a.code, a.quantity, a.otherwise, a.best, a.from_at,
        CASE a.population
            WHEN 'ordered' THEN c.ordered_at
            WHEN 'paid' THEN c.paid_at
            WHEN 'accepted' THEN c.accepted_at
            WHEN 'dispatched' THEN c.dispatched_at
            WHEN 'dispatch_due' THEN
                CASE WHEN c.cancelled_unshipped_at < c.dispatch_by_at THEN NULL
                     ELSE c.dispatch_by_at END
            WHEN 'pickup_due' THEN
                CASE WHEN c.cancelled_unshipped_at < c.day_after_ended_at THEN NULL
                     ELSE c.day_after_ended_at END
            WHEN 'transit_due' THEN
                CASE WHEN c.dispatched_at IS NULL OR c.cancelled_undelivered_at < c.transit_due_at
                     THEN NULL ELSE c.transit_due_at END
            WHEN 'delivery_due' THEN
                CASE WHEN c.cancelled_undelivered_at < c.deliver_by_at THEN NULL
                     ELSE c.deliver_by_at END
            WHEN 'delivered' THEN c.delivered_at
            WHEN 'transport_ended' THEN least(c.delivered_at, c.lost_at)
        END AS entered_at,
        CASE a.predicate
            WHEN 'dispatched_late' THEN
                CASE WHEN c.dispatched_at <= c.dispatch_by_at THEN NULL ELSE c.dispatch_by_at END
            WHEN 'dispatched_in_time' THEN
                CASE WHEN c.dispatched_at <= c.dispatch_by_at THEN c.dispatched_at END
            WHEN 'picked_up_next_day' THEN
                CASE WHEN c.dispatched_at < c.day_after_ended_at THEN c.dispatched_at END
            WHEN 'transit_in_time' THEN
                CASE WHEN c.delivered_at <= c.transit_due_at THEN c.delivered_at END
            WHEN 'delivered_in_time' THEN
                CASE WHEN c.delivered_at <= c.deliver_by_at THEN c.delivered_at END
            WHEN 'cancelled' THEN c.cancelled_at
            WHEN 'cancelled_by_seller' THEN
                CASE WHEN c.cancel_fault = 'seller' THEN c.cancelled_at END
            WHEN 'returned_not_buyer' THEN
                CASE WHEN c.return_fault IN ('seller', 'carrier', 'platform')
                     THEN c.returned_at END
            WHEN 'returned_logistics' THEN
                CASE WHEN c.return_fault IN ('carrier', 'platform') THEN c.returned_at END
            WHEN 'lost_or_returned_logistics' THEN
                least(c.lost_at,
                      CASE WHEN c.return_fault IN ('carrier', 'platform') THEN c.returned_at END)
        END AS true_at,
        CASE a.quantity
            WHEN 'receipt_s' THEN extract(epoch FROM c.accepted_at - c.ordered_at)
            WHEN 'pickup_h' THEN extract(epoch FROM c.dispatched_at - c.pickup_from_at) / 3600
        END AS amount,
        c.excluded IS NOT NULL AND 'flagged' = ANY (a.excluding)
            OR c.exception_fault || '_fault' = ANY (a.excluding) AS set_aside
    FROM clock AS c CROSS JOIN asked AS a
), valued AS (
    SELECT j.merchant_id, j.fulfilment_order_id, j.code, j.best,
        coalesce(j.entered_at > j.from_at AND j.entered_at <= :as_of::timestamptz, false)
            AS entered,
        -- An order whose quantity cannot be told, for a clock is missing, is set aside as well.
        coalesce(j.set_aside, false) OR j.quantity <> '' AND j.amount IS NULL AS set_aside,
        CASE WHEN j.quantity = '' THEN coalesce(j.true_at <= :as_of::timestamptz, false)::int
             ELSE coalesce((SELECT s.points FROM step AS s
                            WHERE s.code = j.code AND j.amount <= s.upto
                            ORDER BY s.upto LIMIT 1), j.otherwise) END AS earned
    FROM judged AS j
)
SELECT merchant_id, code,
    coalesce(sum(earned) FILTER (WHERE entered AND NOT set_aside), 0)::bigint AS numerator,
    count(*) FILTER (WHERE entered AND NOT set_aside) AS denominator,
    count(*) FILTER (WHERE entered AND set_aside) AS excluded,
    coalesce(array_agg(fulfilment_order_id)
        FILTER (WHERE :explain::boolean AND entered AND NOT set_aside AND earned <> best), '{}')
        AS failed,
    coalesce(array_agg(abs(best - earned))
        FILTER (WHERE :explain::boolean AND entered AND NOT set_aside AND earned <> best), '{}')
        AS shortfall
FROM valued
GROUP BY merchant_id, code
