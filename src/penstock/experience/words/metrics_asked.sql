SELECT a.code, a.population, a.predicate, a.quantity, a.best, a.otherwise, a.uptos, a.points,
    a.mean, a.full_at, a.excluding, a.faults, a.markets, a.besides, a.clock_start, a.clock_stop,
    a.clock_hours, a.clock_ends_at, a.clock_zone,
    -- Days of the profile's zone, which are not of 24 hours where clocks are changed.
    CASE WHEN a.window_days = 0 THEN '-infinity'
         ELSE (:as_of::timestamptz AT TIME ZONE :time_zone::text
               - make_interval(days => a.window_days + a.delay_days))
             AT TIME ZONE :time_zone::text
         END AS from_at,
    CASE WHEN a.delay_days = 0 THEN :as_of::timestamptz
         ELSE (:as_of::timestamptz AT TIME ZONE :time_zone::text
               - make_interval(days => a.delay_days)) AT TIME ZONE :time_zone::text
         END AS to_at
FROM jsonb_to_recordset(:asked::jsonb) AS a (code text, population text, predicate text,
    quantity text, best int, otherwise int, uptos numeric[], points int[], mean boolean,
    full_at int, window_days int, delay_days int, excluding text[], faults text[], markets text[],
    besides text[], clock_start text, clock_stop text, clock_hours int, clock_ends_at int,
    clock_zone text)
