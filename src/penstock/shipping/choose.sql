-- Parcels take turns, the most urgent first: each gets the best lane whose pick-up has room left.
-- A parcel's lanes travel as arrays in the order of preference, and what a turn took as a row, so
-- that no turn has to look anything up.
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
), rate AS MATERIALIZED (  -- each promise is dated once, not for every parcel
    SELECT k.slot, k.node_id, k.pickup_on, r.country, r.vendor, r.service, r.weight_to_g,
        r.effective_from, r.transit_days, r.fee_minor, r.currency, r.parcels_per_day,
        r.fee_minor * fx.eur AS fee_eur,
        shipping.promised(k.pickup_on, r.transit_days, k.zone) AS promised_at
    FROM pickup AS k
    JOIN vendors.rates AS r
        ON (r.vendor, r.node_id) = (k.vendor, k.node_id)
        AND k.pickup_on BETWEEN r.effective_from AND r.effective_to
    LEFT JOIN fx USING (currency)
), lane AS (
    SELECT DISTINCT ON (w.turn, r.vendor, r.service)
        w.turn, w.merchant_id, w.parcel_id, r.*, r.promised_at <= w.deliver_by_at AS in_time
    FROM wanted AS w
    JOIN rate AS r
        ON (r.node_id, r.country) = (w.node_id, w.country) AND r.weight_to_g >= w.weight_g
    WHERE NOT EXISTS (SELECT FROM shipping.refusal AS x
                      WHERE (x.merchant_id, x.parcel_id, x.vendor)
                          = (w.merchant_id, w.parcel_id, r.vendor))
    ORDER BY w.turn, r.vendor, r.service, r.weight_to_g, r.effective_from DESC
), ranked AS (
    SELECT *, row_number() OVER (
            PARTITION BY turn
            ORDER BY in_time DESC, CASE WHEN NOT in_time THEN promised_at END,
                fee_eur NULLS LAST, fee_minor, promised_at, vendor, service
        ) AS rank
    FROM lane
), queue AS (
    SELECT turn, merchant_id, parcel_id, node_id, row_number() OVER (ORDER BY turn) AS place,
        array_agg(slot ORDER BY rank) AS slots,
        array_agg(parcels_per_day ORDER BY rank) AS capacities,
        array_agg(vendor ORDER BY rank) AS vendors,
        array_agg(service ORDER BY rank) AS services,
        array_agg(pickup_on ORDER BY rank) AS days,
        array_agg(transit_days ORDER BY rank) AS transits,
        array_agg(fee_minor ORDER BY rank) AS fees,
        array_agg(currency ORDER BY rank) AS currencies,
        array_agg(in_time ORDER BY rank) AS timely
    FROM ranked
    GROUP BY turn, merchant_id, parcel_id, node_id
), served AS (
    SELECT 0::bigint AS place, (SELECT array_agg(parcels ORDER BY slot) FROM pickup) AS loads,
        NULL::int AS merchant_id, NULL::bigint AS parcel_id, NULL::int AS node_id,
        NULL::text AS vendor, NULL::text AS service, NULL::date AS pickup_on,
        NULL::int AS transit_days, NULL::bigint AS fee_minor, NULL::text AS currency,
        NULL::boolean AS in_time
    UNION ALL
    SELECT q.place,
        CASE WHEN best.slot IS NULL THEN s.loads
             ELSE s.loads[1 : (best.slot - 1)] || (s.loads[best.slot] + 1)
                  || s.loads[(best.slot + 1) : cardinality(s.loads)] END,
        q.merchant_id, q.parcel_id, q.node_id, best.vendor, best.service, best.pickup_on,
        best.transit_days, best.fee_minor, best.currency, best.in_time
    FROM served AS s
    JOIN queue AS q ON q.place = s.place + 1
    LEFT JOIN LATERAL (
        SELECT o.*
        FROM unnest(q.slots, q.capacities, q.vendors, q.services, q.days, q.transits, q.fees,
                    q.currencies, q.timely) WITH ORDINALITY
            AS o (slot, capacity, vendor, service, pickup_on, transit_days, fee_minor, currency,
                  in_time, rank)
        WHERE s.loads[o.slot] < o.capacity
        ORDER BY o.rank
        LIMIT 1
    ) AS best ON true
), chosen AS (
    INSERT INTO shipping.choice (merchant_id, parcel_id, vendor, node_id, service, pickup_on,
                                 transit_days, fee_minor, currency, in_time, chosen_at)
    SELECT merchant_id, parcel_id, vendor, node_id, service, pickup_on, transit_days, fee_minor,
        currency, in_time, :now::timestamptz
    FROM served
    WHERE vendor IS NOT NULL
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
