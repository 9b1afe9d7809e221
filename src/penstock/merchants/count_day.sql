UPDATE merchants.day
SET orders = orders + :orders::int,
    handled = CASE WHEN :handled::text = '' THEN handled ELSE :handled::text::jsonb END
WHERE merchant_id = :merchant_id::int AND day = :day::date
