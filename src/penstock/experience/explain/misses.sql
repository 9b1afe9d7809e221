-- What each metric asked says of a merchant's orders, as they were known at :as_of.
WITH judged AS (
    -- In place of this comes what the words make of the orders of clocks.sql: see miss.py.
    SELECT 0::bigint AS fulfilment_order_id, '' AS code, '' AS clock_stop, true AS asked,
        NULL::timestamptz AS since, NULL::timestamptz AS due, NULL::timestamptz AS done
)
SELECT j.fulfilment_order_id, j.code, j.clock_stop, j.since, j.due, j.done
FROM judged AS j
WHERE j.asked
ORDER BY j.fulfilment_order_id, j.code
