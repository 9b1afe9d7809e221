SELECT coalesce((
        SELECT sum(events) FROM outbox.relays
        WHERE split_part(topic, '.', 1) IN ('fulfilment_order', 'parcel', 'return')
    ), 0)::bigint
    + (SELECT count(*) FROM outbox.events
       WHERE split_part(topic, '.', 1) IN ('fulfilment_order', 'parcel', 'return'))
