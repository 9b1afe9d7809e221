WITH wish AS (
    SELECT DISTINCT ON (w.sku_id, w.client_key) w.*
    FROM unnest(:sku_ids::bigint[], :client_keys::text[], :buyer_ids::text[], :units::int[])
        WITH ORDINALITY AS w (sku_id, client_key, buyer_id, units, arrival)
    ORDER BY w.sku_id, w.client_key, w.arrival
), fresh AS (
    SELECT w.*, a.last_position
            + row_number() OVER (PARTITION BY w.sku_id ORDER BY w.arrival) AS position
    FROM wish AS w
    JOIN streams.admission AS a
        ON (a.merchant_id, a.stream_id, a.sku_id)
            = (:merchant_id::int, :stream_id::bigint, w.sku_id) AND a.open
    WHERE NOT EXISTS (
        SELECT FROM streams.ticket AS t
        WHERE (t.merchant_id, t.stream_id, t.sku_id, t.client_key)
            = (:merchant_id::int, :stream_id::bigint, w.sku_id, w.client_key))
), moved AS (
    UPDATE streams.admission AS a
    SET last_position = f.last
    FROM (SELECT sku_id, max(position) AS last FROM fresh GROUP BY sku_id) AS f
    WHERE (a.merchant_id, a.stream_id, a.sku_id)
        = (:merchant_id::int, :stream_id::bigint, f.sku_id)
), stored AS (
    INSERT INTO streams.ticket (merchant_id, stream_id, sku_id, position, client_key, buyer_id,
                                units, drawn_at)
    SELECT :merchant_id::int, :stream_id::bigint, f.sku_id, f.position, f.client_key, f.buyer_id,
        f.units, :now::timestamptz
    FROM fresh AS f
    ORDER BY f.arrival
    RETURNING 1
)
SELECT count(*)::int AS stored FROM stored
