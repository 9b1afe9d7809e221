WITH told AS (
    SELECT *
    FROM unnest(:merchant_ids::int[], :fulfilment_order_ids::bigint[], :order_refs::text[],
                :markets::text[], :ordered_at::timestamptz[], :paid_at::timestamptz[],
                :dispatch_by_at::timestamptz[], :deliver_by_at::timestamptz[],
                :dispatched_at::timestamptz[], :delivered_at::timestamptz[],
                :cancelled_at::timestamptz[], :cancel_faults::text[], :review_scores::smallint[])
        AS t (merchant_id, fulfilment_order_id, order_ref, market, ordered_at, paid_at,
              dispatch_by_at, deliver_by_at, dispatched_at, delivered_at, cancelled_at,
              cancel_fault, review_score)
), written AS (
    INSERT INTO experience.journey AS j
        (merchant_id, fulfilment_order_id, source, order_ref, market, ordered_at, paid_at,
         dispatch_by_at, deliver_by_at, dispatched_at, scanned_at, delivered_at, cancelled_at,
         cancel_fault, review_score)
    SELECT t.merchant_id, t.fulfilment_order_id, :source::text, t.order_ref, t.market,
        t.ordered_at, t.paid_at, t.dispatch_by_at, t.deliver_by_at, t.dispatched_at,
        -- What is told of the past is the carrier's word.
        t.dispatched_at, t.delivered_at, t.cancelled_at, t.cancel_fault, t.review_score
    FROM told AS t
    ORDER BY t.merchant_id, t.fulfilment_order_id
    ON CONFLICT (merchant_id, fulfilment_order_id) DO UPDATE SET
        market = excluded.market, ordered_at = excluded.ordered_at, paid_at = excluded.paid_at,
        dispatch_by_at = excluded.dispatch_by_at, deliver_by_at = excluded.deliver_by_at,
        dispatched_at = excluded.dispatched_at, scanned_at = excluded.scanned_at,
        delivered_at = excluded.delivered_at,
        cancelled_at = excluded.cancelled_at, cancel_fault = excluded.cancel_fault,
        review_score = excluded.review_score
    WHERE (j.market, j.ordered_at, j.paid_at, j.dispatch_by_at, j.deliver_by_at, j.dispatched_at,
           j.delivered_at, j.cancelled_at, j.cancel_fault, j.review_score)
        IS DISTINCT FROM
          (excluded.market, excluded.ordered_at, excluded.paid_at, excluded.dispatch_by_at,
           excluded.deliver_by_at, excluded.dispatched_at, excluded.delivered_at,
           excluded.cancelled_at, excluded.cancel_fault, excluded.review_score)
    RETURNING (xmax = 0) AS added
)
SELECT count(*) FILTER (WHERE added) AS added, count(*) FILTER (WHERE NOT added) AS changed
FROM written
