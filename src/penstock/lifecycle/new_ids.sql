SELECT unnest(lifecycle.new_ids(:count::int, :at::timestamptz))
