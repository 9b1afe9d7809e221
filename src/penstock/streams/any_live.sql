SELECT count(*)::int AS live FROM streams.stream WHERE state = 'live'
