-- All that receipt must know of a batch before it locks anything, in one round trip. Every answer
-- is fenced by OFFSET 0, so that each key is looked up by itself however much is stored.
SELECT
    (SELECT json_agg(json_build_object('position', w.position, 'order_id', k.order_id,
            'body_sha256', encode(k.body_sha256, 'hex'), 'outcome', r.outcome,
            'detail', r.detail, 'dispatch_by_at', r.dispatch_by_at,
            'deliver_by_at', r.deliver_by_at))
        FROM unnest(:channels::text[], :channel_order_ids::text[])
            WITH ORDINALITY AS w (channel, channel_order_id, position)
        CROSS JOIN LATERAL (
            SELECT order_id, body_sha256
            FROM orders.key
            WHERE (merchant_id, channel, channel_order_id)
                = (:merchant_id::int, w.channel, w.channel_order_id)
            OFFSET 0
        ) AS k
        -- In a month that is archived the key is left, and the receipt is not.
        LEFT JOIN LATERAL (
            SELECT outcome, detail, dispatch_by_at, deliver_by_at
            FROM orders.receipt
            WHERE (merchant_id, order_id) = (:merchant_id::int, k.order_id)
            OFFSET 0
        ) AS r ON true
    ) AS known,
    (SELECT json_agg(json_build_object('country', country, 'currency', currency, 'sla', sla))
        FROM merchants.markets
        WHERE merchant_id = :merchant_id::int
    ) AS markets,
    -- A stream's ring-fence comes before the market's pools; a SKU that no pool carries gets
    -- pool 0, which never has stock; a stream that takes no orders gets none.
    (SELECT json_agg(json_build_object('position', w.position, 'stream_id', t.stream_id,
            'sku_id', s.sku_id, 'approved', s.approved_at IS NOT NULL,
            'pool_id', coalesce((
                SELECT p.pool_id
                FROM inventory.pools AS p
                JOIN inventory.pool_stocks AS c USING (merchant_id, pool_id)
                LEFT JOIN inventory.pool_markets AS m
                    ON (m.merchant_id, m.pool_id, m.country) = (p.merchant_id, p.pool_id, w.country)
                WHERE p.merchant_id = :merchant_id::int
                    AND c.sku_id = s.sku_id
                    AND (p.stream_id = t.stream_id OR m.pool_id IS NOT NULL)
                ORDER BY p.stream_id IS NULL, m.rank, p.pool_id
                LIMIT 1
            ), 0)))
        FROM unnest(:sku_codes::text[], :countries::text[], :stream_codes::text[])
            WITH ORDINALITY AS w (sku_code, country, stream_code, position)
        LEFT JOIN LATERAL (
            SELECT stream_id
            FROM streams.streams
            WHERE merchant_id = :merchant_id::int
                AND code = w.stream_code AND state <> 'closed'
            OFFSET 0
        ) AS t ON true
        LEFT JOIN LATERAL (
            SELECT sku_id, approved_at
            FROM merchants.skus
            WHERE (merchant_id, code) = (:merchant_id::int, w.sku_code)
            OFFSET 0
        ) AS s ON true
    ) AS places
