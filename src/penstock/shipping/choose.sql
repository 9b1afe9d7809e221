-- Parcels take turns, the most urgent first: each gets the best lane whose pick-up has room left.
WITH RECURSIVE fx AS (
    SELECT * FROM unnest(:currencies::text[], :eur_per_minor::numeric[]) AS f (currency, eur)
), wanted AS (
    SELECT p.merchant_id, p.parcel_id, p.node_id, p.country, p.weight_g, o.deliver_by_at,
        row_number() OVER (ORDER BY o.deliver_by_at, p.packed_at, o.ordered_at, p.merchant_id,
                                    p.fulfilment_order_id, p.parcel_no) AS turn
    FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[]) AS w (merchant_id, parcel_id)
    JOIN warehouse.parcels AS p USING (merchant_id, parcel_id)
    JOIN allocation.fulfilment_orders AS f USING (merchant_id, fulfilment_order_id)
    JOIN orders.orders AS o ON (o.merchant_id, o.order_id) = (f.merchant_id, f.order_id)
    WHERE NOT EXISTS (SELECT FROM shipping.choice AS c
                      WHERE (c.merchant_id, c.parcel_id) = (p.merchant_id, p.parcel_id))
), pickup AS (
    SELECT k.vendor, k.node_id, v.zone, b.pickup_on, b.parcels,
        row_number() OVER (ORDER BY k.vendor, k.node_id)::int AS slot
    FROM vendors.pickups AS k
    JOIN vendors.vendors AS v ON v.vendor = k.vendor AND v.role = 'carrier'
    JOIN inventory.nodes AS n ON n.node_id = k.node_id
    JOIN shipping.booking AS b
        ON (b.vendor, b.node_id) = (k.vendor, k.node_id)
        AND b.pickup_on = (shipping.next_pickup(:now::timestamptz, k.cut_off, n.zone)
                           AT TIME ZONE n.zone)::date
    WHERE k.vendor <> ALL (:avoided::text[])
), lane AS (
    SELECT DISTINCT ON (w.turn, r.vendor, r.service)
        w.turn, k.slot, k.pickup_on, r.vendor, r.service, r.transit_days, r.fee_minor, r.currency,
        r.parcels_per_day, w.deliver_by_at,
        shipping.promised(k.pickup_on, r.transit_days, k.zone) AS promised_at
    FROM wanted AS w
    JOIN pickup AS k ON k.node_id = w.node_id
    JOIN vendors.rates AS r
        ON (r.vendor, r.node_id, r.country) = (k.vendor, w.node_id, w.country)
        AND r.weight_to_g >= w.weight_g
        AND k.pickup_on BETWEEN r.effective_from AND r.effective_to
    WHERE NOT EXISTS (SELECT FROM shipping.refusal AS x
                      WHERE (x.merchant_id, x.parcel_id, x.vendor)
                          = (w.merchant_id, w.parcel_id, k.vendor))
    ORDER BY w.turn, r.vendor, r.service, r.weight_to_g, r.effective_from DESC
), ranked AS (
    SELECT l.*, l.promised_at <= l.deliver_by_at AS in_time,
        row_number() OVER (
            PARTITION BY l.turn
            ORDER BY l.promised_at > l.deliver_by_at,
                CASE WHEN l.promised_at > l.deliver_by_at THEN l.promised_at END,
                l.fee_minor * fx.eur NULLS LAST, l.fee_minor, l.promised_at, l.vendor, l.service
        ) AS rank
    FROM lane AS l
    LEFT JOIN fx USING (currency)
), queue AS (
    SELECT turn, row_number() OVER (ORDER BY turn) AS place,
        array_agg(slot ORDER BY rank) AS slots,
        array_agg(parcels_per_day ORDER BY rank) AS capacities
    FROM ranked
    GROUP BY turn
), served AS (
    SELECT 0::bigint AS place, 0::bigint AS turn, NULL::bigint AS rank,
        (SELECT array_agg(parcels ORDER BY slot) FROM pickup) AS loads
    UNION ALL
    SELECT q.place, q.turn, best.rank,
        CASE WHEN best.rank IS NULL THEN s.loads
             ELSE s.loads[1 : (best.slot - 1)] || (s.loads[best.slot] + 1)
                  || s.loads[(best.slot + 1) : cardinality(s.loads)] END
    FROM served AS s
    JOIN queue AS q ON q.place = s.place + 1
    LEFT JOIN LATERAL (
        SELECT o.rank, o.slot
        FROM unnest(q.slots, q.capacities) WITH ORDINALITY AS o (slot, capacity, rank)
        WHERE s.loads[o.slot] < o.capacity
        ORDER BY o.rank
        LIMIT 1
    ) AS best ON true
), chosen AS (
    INSERT INTO shipping.choice (merchant_id, parcel_id, vendor, node_id, service, pickup_on,
                                 transit_days, fee_minor, currency, in_time, chosen_at)
    SELECT w.merchant_id, w.parcel_id, r.vendor, w.node_id, r.service, r.pickup_on,
        r.transit_days, r.fee_minor, r.currency, r.in_time, :now::timestamptz
    FROM served AS s
    JOIN ranked AS r ON (r.turn, r.rank) = (s.turn, s.rank)
    JOIN wanted AS w ON w.turn = s.turn
    RETURNING merchant_id, parcel_id, vendor, node_id, service, pickup_on, in_time
), booked AS (
    UPDATE shipping.booking AS b
    SET parcels = b.parcels + c.parcels
    FROM (SELECT vendor, node_id, pickup_on, count(*)::int AS parcels
          FROM chosen GROUP BY vendor, node_id, pickup_on) AS c
    WHERE (b.vendor, b.node_id, b.pickup_on) = (c.vendor, c.node_id, c.pickup_on)
)
SELECT merchant_id, parcel_id, vendor, service, pickup_on, in_time
FROM chosen
ORDER BY merchant_id, parcel_id
