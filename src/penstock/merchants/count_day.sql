UPDATE merchants.day
SET orders = orders + :orders::int
WHERE merchant_id = :merchant_id::int AND day = :day::date
