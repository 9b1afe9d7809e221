SELECT lifecycle.open_month(lifecycle.month_of(:now::timestamptz) + ahead)
FROM generate_series(0, 1) AS ahead
ORDER BY ahead
