-- What a pool holds now is left, reserved included; what it no longer holds was sold or given back.
SELECT json_build_object(
    'code', s.code, 'title', s.title, 'host', s.host, 'country', s.country,
    'state', CASE WHEN s.cancelled_at IS NULL THEN s.state ELSE 'cancelled' END,
    'starts_at', s.starts_at, 'ends_at', s.ends_at, 'expected_orders', s.expected_orders,
    'channels', s.channels,
    'capacity', (
        SELECT coalesce(json_agg(json_build_object(
            'node', n.code, 'wanted', b.wanted, 'booked', b.booked) ORDER BY n.code), '[]')
        FROM streams.booking AS b
        JOIN inventory.nodes AS n ON n.node_id = b.node_id
        WHERE (b.merchant_id, b.stream_id) = (s.merchant_id, s.stream_id)),
    'skus', (
        SELECT coalesce(json_agg(json_build_object(
            'sku', k.code, 'title', k.title, 'ring_fenced', r.ring_fenced,
            'given_back', r.given_back, 'reserved', coalesce(c.reserved, 0),
            'available', coalesce(c.on_hand - c.reserved, 0)) ORDER BY k.code), '[]')
        FROM streams.stream_sku AS r
        JOIN merchants.skus AS k ON (k.merchant_id, k.sku_id) = (r.merchant_id, r.sku_id)
        LEFT JOIN inventory.pool_stocks AS c
            ON (c.merchant_id, c.pool_id, c.sku_id) = (r.merchant_id, r.pool_id, r.sku_id)
        WHERE (r.merchant_id, r.stream_id) = (s.merchant_id, s.stream_id)))::text AS stream
FROM streams.stream AS s
WHERE s.merchant_id = :merchant_id::int AND s.code = :code::text
