SELECT nextval('lifecycle.subject_id') FROM generate_series(1, :count::int)
