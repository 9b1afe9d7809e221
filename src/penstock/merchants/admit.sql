-- A raised cap holds from now on; a lowered one never below what was taken already.
WITH merchant AS (
    SELECT merchant_id, status, daily_cap, hold
    FROM merchants.merchant
    WHERE merchant_id = :merchant_id::int
), today AS (
    INSERT INTO merchants.day AS d (merchant_id, day, cap)
    SELECT merchant_id, :day::date, daily_cap FROM merchant
    ON CONFLICT (merchant_id, day) DO UPDATE SET cap = greatest(excluded.cap, d.orders)
    RETURNING cap - orders AS orders_left
)
SELECT m.status, t.orders_left, m.hold
FROM merchant AS m, today AS t
