WITH chosen AS (
    UPDATE returns.rma AS r
    SET vendor = p.vendor
    FROM unnest(:merchant_ids::int[], :return_ids::bigint[]) AS s (merchant_id, return_id)
    JOIN returns.rma AS a ON (a.merchant_id, a.return_id) = (s.merchant_id, s.return_id)
    CROSS JOIN LATERAL (
        SELECT v.vendor
        FROM vendors.vendors AS v
        WHERE v.role = 'returns_processor'
        ORDER BY NOT EXISTS (
            SELECT
            FROM vendors.rates AS t
            WHERE (t.vendor, t.node_id, t.country) = (v.vendor, a.node_id, a.country)
                AND (:now::timestamptz AT TIME ZONE 'UTC')::date
                    BETWEEN t.effective_from AND t.effective_to
        ), v.vendor
        LIMIT 1
    ) AS p
    WHERE (r.merchant_id, r.return_id) = (a.merchant_id, a.return_id)
    RETURNING r.merchant_id, r.return_id, r.vendor, r.reference, r.country, r.reason
)
SELECT c.merchant_id, c.return_id, c.vendor, c.reference, c.country,
    sum(l.quantity)::int AS units, c.reason
FROM chosen AS c
JOIN returns.rma_line AS l ON (l.merchant_id, l.return_id) = (c.merchant_id, c.return_id)
GROUP BY c.merchant_id, c.return_id, c.vendor, c.reference, c.country, c.reason
ORDER BY c.merchant_id, c.return_id
