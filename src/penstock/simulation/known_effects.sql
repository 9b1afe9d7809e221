WITH known AS (
    SELECT vendor, 'labels' AS effect, count(*) AS effects FROM shipping.labels GROUP BY vendor
    UNION ALL
    SELECT vendor, 'declarations', count(*) FROM customs.declarations GROUP BY vendor
    UNION ALL
    SELECT vendor, 'returns', count(*) FROM returns.rmas
    WHERE label_reference IS NOT NULL GROUP BY vendor
    UNION ALL
    SELECT vendor, 'manifests', count(*) FROM shipping.manifests GROUP BY vendor
), asked AS (
    SELECT vendor, count(DISTINCT reference) AS unsettled,
        CASE step WHEN 'buy_label' THEN 'labels' WHEN 'close_manifest' THEN 'manifests'
                  WHEN 'declare' THEN 'declarations' ELSE 'returns' END AS effect
    FROM worker.calls
    WHERE outcome IS NULL
    GROUP BY vendor, step
)
SELECT vendor, effect, coalesce(k.effects, 0) AS effects, coalesce(a.unsettled, 0) AS unsettled
FROM known AS k
FULL JOIN asked AS a USING (vendor, effect)
