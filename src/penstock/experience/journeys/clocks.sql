-- What happened after :as_of is not told, so that a score of the past is explained by its past.
SELECT j.fulfilment_order_id, j.order_ref, j.source, j.channel, j.market, j.ordered_at,
    CASE WHEN j.paid_at <= :as_of::timestamptz THEN j.paid_at END AS paid_at,
    CASE WHEN j.accepted_at <= :as_of::timestamptz THEN j.accepted_at END AS accepted_at,
    j.dispatch_by_at,
    CASE WHEN j.packed_at <= :as_of::timestamptz THEN j.packed_at END AS packed_at,
    CASE WHEN j.labelled_at <= :as_of::timestamptz THEN j.labelled_at END AS labelled_at,
    CASE WHEN j.dispatched_at <= :as_of::timestamptz THEN j.dispatched_at END AS dispatched_at,
    CASE WHEN j.scanned_at <= :as_of::timestamptz THEN j.scanned_at END AS scanned_at,
    CASE WHEN j.dispatched_at <= :as_of::timestamptz THEN j.transit_by_at END AS transit_by_at,
    j.deliver_by_at,
    CASE WHEN j.delivered_at <= :as_of::timestamptz THEN j.delivered_at END AS delivered_at,
    CASE WHEN j.cancelled_at <= :as_of::timestamptz THEN j.cancelled_at END AS cancelled_at,
    CASE WHEN j.cancelled_at <= :as_of::timestamptz THEN j.cancel_fault END AS cancel_fault,
    CASE WHEN j.lost_at <= :as_of::timestamptz THEN j.lost_at END AS lost_at,
    CASE WHEN j.returned_at <= :as_of::timestamptz THEN j.returned_at END AS returned_at,
    CASE WHEN j.returned_at <= :as_of::timestamptz THEN j.return_fault END AS return_fault,
    j.exception_fault, j.excluded
FROM experience.journey AS j
WHERE j.merchant_id = :merchant::int
  AND j.fulfilment_order_id = ANY (:fulfilment_orders::bigint[])
ORDER BY j.fulfilment_order_id
