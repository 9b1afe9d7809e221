-- What each stream's pool had left of its largest ring-fences at the end of each bin, from the
-- stock's moves alone.
WITH hot AS (
    SELECT k.merchant_id, k.sku_id, k.pool_id, k.ring_fenced, s.code, s.title
    FROM streams.stream_skus AS k
    JOIN merchants.skus AS s ON (s.merchant_id, s.sku_id) = (k.merchant_id, k.sku_id)
    ORDER BY k.ring_fenced DESC, k.merchant_id, k.sku_id
    LIMIT :skus::int
), leg AS (
    SELECT h.merchant_id, h.sku_id, h.pool_id,
        date_bin(make_interval(secs => :bin_s::int), greatest(m.at, :from_at::timestamptz),
                 :from_at::timestamptz) AS at,
        sum(CASE WHEN (m.to_account, m.to_holder) = ('pool_available', h.pool_id)
                 THEN m.quantity ELSE -m.quantity END) AS units
    FROM inventory.moves AS m
    JOIN hot AS h USING (merchant_id, sku_id)
    WHERE m.at < :to_at::timestamptz
        AND ((m.to_account, m.to_holder) = ('pool_available', h.pool_id)
             OR (m.from_account, m.from_holder) = ('pool_available', h.pool_id))
    GROUP BY 1, 2, 3, 4
)
SELECT h.code AS sku, h.title, h.ring_fenced, bin.at,
    (sum(coalesce(l.units, 0)) OVER (
        PARTITION BY h.merchant_id, h.pool_id, h.sku_id ORDER BY bin.at))::int AS units
FROM hot AS h
CROSS JOIN generate_series(:from_at::timestamptz,
                           :to_at::timestamptz - make_interval(secs => :bin_s::int),
                           make_interval(secs => :bin_s::int)) AS bin (at)
LEFT JOIN leg AS l
    ON (l.merchant_id, l.pool_id, l.sku_id, l.at) = (h.merchant_id, h.pool_id, h.sku_id, bin.at)
ORDER BY h.ring_fenced DESC, h.merchant_id, h.sku_id, bin.at
