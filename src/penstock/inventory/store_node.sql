INSERT INTO inventory.node (code, title, country, zone, cut_off, orders_per_hour)
VALUES (:code::text, :title::text, :country::text, :zone::text, :cut_off::time,
        :orders_per_hour::int)
ON CONFLICT (code) DO UPDATE
SET title = excluded.title, country = excluded.country, zone = excluded.zone,
    cut_off = excluded.cut_off, orders_per_hour = excluded.orders_per_hour
RETURNING node_id
