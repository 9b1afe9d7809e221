UPDATE experience.measure AS m SET filled_at = NULL WHERE m.measure_id = ANY (:measures::int[])
