-- How parcels fared on every carrier's lanes, whoever's they were: the days from hand-over to door
-- beyond the contract's, both dates in the zone of the node; null: lost.
SELECT l.vendor, n.node_id, p.country, c.transit_days,
    CASE WHEN j.lost_at IS NULL
         THEN (j.delivered_at AT TIME ZONE n.zone)::date
              - (j.dispatched_at AT TIME ZONE n.zone)::date - c.transit_days END AS days_over,
    CASE WHEN j.lost_at IS NULL
         THEN extract(epoch FROM (j.delivered_at AT TIME ZONE n.zone)::time)::float8 END AS door_s,
    count(*) AS parcels
FROM experience.journey AS j
JOIN warehouse.parcels AS p
    ON (p.merchant_id, p.fulfilment_order_id) = (j.merchant_id, j.fulfilment_order_id)
JOIN shipping.labels AS l ON (l.merchant_id, l.parcel_id) = (p.merchant_id, p.parcel_id)
JOIN shipping.choices AS c ON (c.merchant_id, c.parcel_id) = (p.merchant_id, p.parcel_id)
JOIN inventory.nodes AS n ON n.node_id = p.node_id
WHERE j.ordered_at > :from_at::timestamptz AND j.ordered_at <= :as_of::timestamptz
    -- Of the last to leave only the quick ones have arrived: they are left out, or all look quick.
    AND j.dispatched_at <= :as_of::timestamptz - make_interval(days => c.transit_days + 7)
    AND (j.delivered_at <= :as_of::timestamptz OR j.lost_at <= :as_of::timestamptz)
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY 1, 2, 3, 4, 5, 6
