-- What the words of score profiles also ask of a journey: which channel it came from, and when the
-- carrier itself first scanned it, which is not when it was handed over.

ALTER TABLE experience.journey
    ADD COLUMN channel text NOT NULL DEFAULT '',
    ADD COLUMN scanned_at timestamptz;
COMMENT ON COLUMN experience.journey.channel IS 'empty: not known, as in an imported history';
COMMENT ON COLUMN experience.journey.scanned_at IS
    'when all its parcels had been scanned by their carriers';

CREATE OR REPLACE VIEW experience.journeys WITH (security_invoker = true) AS
    SELECT * FROM experience.journey;

CALL experience.follow('channel');
CALL experience.follow('scanned_at');

-- Of the past: imported hand-overs are the word of the carrier, live orders know channel and scans,
-- and an exception has the fault that profiles speak of.
UPDATE experience.journey SET scanned_at = dispatched_at
WHERE source <> 'live' AND dispatched_at IS NOT NULL;

UPDATE experience.journey AS j
SET channel = o.channel, scanned_at = p.scanned_at,
    exception_fault = CASE j.exception_fault WHEN 'consignee' THEN 'buyer'
                                             WHEN 'retailer' THEN 'seller'
                                             ELSE j.exception_fault END
FROM experience.journey AS k
LEFT JOIN allocation.fulfilment_orders AS f
    ON (f.merchant_id, f.fulfilment_order_id) = (k.merchant_id, k.fulfilment_order_id)
JOIN orders.orders AS o
    ON (o.merchant_id, o.order_id)
     = (k.merchant_id, coalesce(f.order_id, k.fulfilment_order_id))
LEFT JOIN LATERAL (
    SELECT CASE WHEN bool_and(e.scanned_at IS NOT NULL) THEN max(e.scanned_at) END AS scanned_at
    FROM warehouse.parcels AS p
    CROSS JOIN LATERAL (
        SELECT min(e.occurred_at) AS scanned_at
        FROM tracking.events AS e
        WHERE (e.merchant_id, e.parcel_id) = (p.merchant_id, p.parcel_id)
            AND e.status IN ('scanned', 'out_for_delivery', 'attempt_failed', 'delivered')
    ) AS e
    WHERE (p.merchant_id, p.fulfilment_order_id) = (k.merchant_id, k.fulfilment_order_id)
) AS p ON true
WHERE k.source = 'live'
    AND (j.merchant_id, j.fulfilment_order_id) = (k.merchant_id, k.fulfilment_order_id);
