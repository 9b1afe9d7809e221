-- The keys at which a stretch of :size journeys ends; the last one is left open.
SELECT n.merchant_id, n.fulfilment_order_id
FROM (SELECT j.merchant_id, j.fulfilment_order_id,
          row_number() OVER (ORDER BY j.merchant_id, j.fulfilment_order_id) AS number
      FROM experience.journey AS j) AS n
WHERE n.number % :size::int = 0
ORDER BY n.merchant_id, n.fulfilment_order_id
