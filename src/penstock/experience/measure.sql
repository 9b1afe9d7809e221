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
    SELECT a.code, a.population, a.predicate, a.quantity, a.otherwise, a.mean, a.full_at,
        a.clock_start, a.clock_stop, a.clock_hours, a.clock_ends_at, a.clock_zone,
        string_to_array(a.excluding, ' ') AS excluding, string_to_array(a.faults, ' ') AS faults,
        string_to_array(a.markets, ' ') AS markets, string_to_array(a.besides, ' ') AS besides,
        -- What an order earns that costs nothing.
        CASE WHEN a.quantity = '' THEN a.higher::int
             ELSE (SELECT max(s.points) FROM step AS s WHERE s.code = a.code) END AS best,
        -- Days of the profile's zone, which are not of 24 hours where clocks are changed.
        CASE WHEN a.window_days = 0 THEN '-infinity'
             ELSE (:as_of::timestamptz AT TIME ZONE :time_zone::text
                   - make_interval(days => a.window_days + a.delay_days))
                 AT TIME ZONE :time_zone::text
             END AS from_at,
        CASE WHEN a.delay_days = 0 THEN :as_of::timestamptz
             ELSE (:as_of::timestamptz AT TIME ZONE :time_zone::text
                   - make_interval(days => a.delay_days)) AT TIME ZONE :time_zone::text
             END AS to_at
    FROM unnest(:codes::text[], :populations::text[], :predicates::text[], :quantities::text[],
                :higher::boolean[], :otherwise::int[], :window_days::int[], :delay_days::int[],
                :excluding::text[], :faults::text[], :means::boolean[], :full_at::int[],
                :markets::text[], :besides::text[], :clock_starts::text[], :clock_stops::text[],
                :clock_hours::int[], :clock_ends_at::int[], :clock_zones::text[])
        AS a (code, population, predicate, quantity, higher, otherwise, window_days, delay_days,
              excluding, faults, mean, full_at, markets, besides, clock_start, clock_stop,
              clock_hours, clock_ends_at, clock_zone)
), clock AS (
    SELECT j.*,
        -- Clocks of two systems differ by minutes; what runs backwards by more is no evidence.
        coalesce(least(j.paid_at, j.accepted_at, j.dispatched_at, j.delivered_at, j.cancelled_at,
                       j.lost_at, j.returned_at) < j.ordered_at - interval '5 minutes', false)
            OR coalesce(j.dispatched_at < j.paid_at - interval '5 minutes', false)
            OR coalesce(j.delivered_at < j.dispatched_at - interval '5 minutes', false)
            AS backwards,
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
    WHERE j.ordered_at <= :as_of::timestamptz  -- (nothing of an order counts before it)
      AND (:merchant::int IS NULL OR j.merchant_id = :merchant::int)
      AND (:channel::text = '' OR j.channel IN ('', :channel::text))
      AND (:within::text[] = '{}' OR j.market = ANY (:within::text[]))
), judged AS (
    SELECT c.merchant_id, c.fulfilment_order_id, a.code, a.quantity, a.otherwise, a.best, a.mean,
        a.full_at, a.from_at, a.to_at, c.ordered_at,
        (a.markets = '{}' OR c.market = ANY (a.markets)) AND c.market <> ALL (a.besides) AS asked,
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
            WHEN 'clock_due' THEN
                CASE WHEN d.given_up_at < d.due_at THEN NULL ELSE d.due_at END
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
            WHEN 'scanned' THEN c.scanned_at
            WHEN 'clock_met' THEN
                CASE WHEN d.stop_at <= d.due_at THEN d.stop_at END
            WHEN 'clock_missed' THEN
                CASE WHEN d.stop_at <= d.due_at THEN NULL ELSE d.due_at END
            WHEN 'cancelled_by_fault' THEN
                CASE WHEN c.cancel_fault = ANY (a.faults) THEN c.cancelled_at END
            WHEN 'returned_by_fault' THEN
                CASE WHEN c.return_fault = ANY (a.faults) THEN c.returned_at END
            WHEN 'failed_by_fault' THEN
                least(CASE WHEN c.cancel_fault = ANY (a.faults) THEN c.cancelled_at END,
                      CASE WHEN c.return_fault = ANY (a.faults) THEN c.returned_at END)
        END AS true_at,
        CASE a.quantity
            WHEN 'receipt_s' THEN extract(epoch FROM c.accepted_at - c.ordered_at)
            WHEN 'pickup_h' THEN extract(epoch FROM c.dispatched_at - c.pickup_from_at) / 3600
            WHEN 'pickup_s' THEN extract(epoch FROM c.dispatched_at - c.pickup_from_at)
            WHEN 'prepare_s' THEN extract(epoch FROM c.dispatched_at - c.paid_at)
        END AS amount,
        -- Why the order is set aside; the first that applies.
        CASE WHEN c.backwards AND 'clocks' = ANY (a.excluding) THEN 'clocks'
             WHEN c.excluded IS NOT NULL AND 'flagged' = ANY (a.excluding) THEN 'flagged'
             WHEN 'flagged_' || c.excluded = ANY (a.excluding) THEN 'flagged_' || c.excluded
             WHEN c.exception_fault || '_fault' = ANY (a.excluding)
             THEN c.exception_fault || '_fault' END AS reason
    FROM clock AS c CROSS JOIN asked AS a
    CROSS JOIN LATERAL (
        SELECT
            CASE a.clock_start
                WHEN 'promise' THEN
                    CASE a.clock_stop WHEN 'delivered' THEN c.deliver_by_at
                                      ELSE c.dispatch_by_at END
                WHEN 'ordered' THEN c.ordered_at
                WHEN 'paid' THEN c.paid_at
                WHEN 'accepted' THEN c.accepted_at
                WHEN 'dispatched' THEN c.dispatched_at
            END AS start_at,
            CASE a.clock_stop
                WHEN 'packed' THEN c.packed_at
                WHEN 'labelled' THEN c.labelled_at
                WHEN 'dispatched' THEN c.dispatched_at
                WHEN 'scanned' THEN c.scanned_at
                WHEN 'delivered' THEN c.delivered_at
            END AS stop_at,
            CASE a.clock_stop WHEN 'delivered' THEN c.cancelled_undelivered_at
                              ELSE c.cancelled_unshipped_at END AS given_up_at
        OFFSET 0  -- once for an order and a metric, not for each time that it is spoken of
    ) AS s
    CROSS JOIN LATERAL (
        SELECT s.stop_at, s.given_up_at,
            CASE WHEN a.clock_hours IS NOT NULL
                 THEN s.start_at + make_interval(hours => a.clock_hours)
                 WHEN a.clock_ends_at IS NULL THEN s.start_at
                 -- A day before the first asked about is long past, one after the last to come.
                 WHEN (s.start_at AT TIME ZONE a.clock_zone)::date
                     BETWEEN :days_from::date AND :days_from::date + :days::int - 1
                 THEN (:days_from::date + 1 + (:ends::int[])[
                         a.clock_ends_at + (s.start_at AT TIME ZONE a.clock_zone)::date
                         - :days_from::date])::timestamp AT TIME ZONE a.clock_zone
                     - interval '1 microsecond'
            END AS due_at
    ) AS d
), valued AS (
    SELECT j.merchant_id, j.fulfilment_order_id, j.code, j.best, j.mean, j.full_at,
        coalesce(j.asked AND greatest(j.entered_at, j.ordered_at) > j.from_at
                 AND j.entered_at <= j.to_at AND j.ordered_at <= j.to_at, false) AS entered,
        -- An order whose quantity cannot be told, for a clock is missing, is set aside as well.
        coalesce(j.reason, CASE WHEN j.quantity <> '' AND j.amount IS NULL THEN 'untimed' END)
            AS reason,
        CASE WHEN j.quantity = '' THEN coalesce(j.true_at <= :as_of::timestamptz, false)::int
             WHEN j.mean THEN least(greatest(floor(j.amount), 0), 2147483647)::int
             ELSE coalesce((SELECT s.points FROM step AS s
                            WHERE s.code = j.code AND j.amount <= s.upto
                            ORDER BY s.upto LIMIT 1), j.otherwise) END AS earned
    FROM judged AS j
), told AS (
    SELECT v.merchant_id, v.fulfilment_order_id, v.code, v.entered, v.reason, v.earned,
        CASE WHEN v.mean THEN greatest(v.earned - v.full_at, 0) ELSE abs(v.best - v.earned) END
            AS short
    FROM valued AS v
    OFFSET 0  -- else PostgreSQL judges each order anew for each of the sums below
)
SELECT merchant_id, code,
    coalesce(sum(earned) FILTER (WHERE entered AND reason IS NULL), 0)::bigint AS numerator,
    count(*) FILTER (WHERE entered AND reason IS NULL) AS denominator,
    count(*) FILTER (WHERE entered AND reason IS NOT NULL) AS excluded,
    coalesce(array_agg(fulfilment_order_id)
        FILTER (WHERE :explain::boolean AND entered AND reason IS NULL AND short <> 0), '{}')
        AS failed,
    coalesce(array_agg(short)
        FILTER (WHERE :explain::boolean AND entered AND reason IS NULL AND short <> 0), '{}')
        AS shortfall,
    coalesce(array_agg(fulfilment_order_id ORDER BY fulfilment_order_id)
        FILTER (WHERE :explain::boolean AND entered AND reason IS NOT NULL), '{}') AS aside,
    coalesce(array_agg(reason ORDER BY fulfilment_order_id)
        FILTER (WHERE :explain::boolean AND entered AND reason IS NOT NULL), '{}') AS reasons
FROM told
GROUP BY merchant_id, code
