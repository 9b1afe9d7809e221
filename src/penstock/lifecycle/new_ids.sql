SELECT lifecycle.month_of(:at::timestamptz) * 10000000000000 + nextval('lifecycle.subject_id')
FROM generate_series(1, :count::int)
