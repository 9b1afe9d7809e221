WITH stored AS (
    INSERT INTO merchants.market AS m (merchant_id, country, currency, sla)
    SELECT :merchant_id::int, country, currency, sla
    FROM unnest(:countries::text[], :currencies::text[], :slas::text[])
        AS n (country, currency, sla)
    ON CONFLICT (merchant_id, country) DO UPDATE
    SET currency = excluded.currency, sla = excluded.sla
    WHERE (m.currency, m.sla) <> (excluded.currency, excluded.sla)
    RETURNING 1
)
SELECT count(*)::int FROM stored
