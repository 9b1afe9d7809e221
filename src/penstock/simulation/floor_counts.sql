-- What the stages' own tables count and the moves do not tell.
SELECT *
FROM (SELECT count(*)::int AS cancelled,
          count(*) FILTER (WHERE fault = 'seller')::int AS cancelled_by_seller,
          count(*) FILTER (WHERE fault = 'buyer')::int AS cancelled_by_buyer,
          count(*) FILTER (WHERE fault NOT IN ('seller', 'buyer'))::int AS cancelled_by_others
      FROM orders.cancellations) AS cancellation,
    (SELECT count(*)::int AS batches,
         count(*) FILTER (WHERE style = 'single_sku')::int AS batches_single_sku,
         coalesce(sum(orders), 0)::int AS batch_orders
     FROM warehouse.batches) AS batch,
    (SELECT count(*)::int AS pick_lines,
         coalesce(sum(picked), 0)::int AS picked_units,
         count(*) FILTER (WHERE picked < wanted)::int AS short_lines,
         coalesce(sum(wanted - picked), 0)::int AS short_units
     FROM warehouse.picks) AS pick,
    (SELECT count(*)::int AS parcels, coalesce(sum(weight_g), 0)::bigint AS parcels_g
     FROM warehouse.parcels) AS parcel,
    (SELECT count(lodged_at)::int AS declared,
         count(cleared_at)::int AS cleared,
         count(held_because)::int AS held,
         count(refused_at)::int AS border_refused
     FROM customs.declarations) AS declaration,
    (SELECT count(*)::int AS labels, count(handed_over_at)::int AS handed_over
     FROM shipping.labels) AS label,
    (SELECT count(closed_at)::int AS manifests,
         coalesce(sum(parcels) FILTER (WHERE closed_at IS NOT NULL), 0)::int AS manifested
     FROM shipping.manifests) AS manifest,
    (SELECT count(*)::int AS tracking_events FROM tracking.events) AS told
