WITH stored AS (
    INSERT INTO returns.policy AS p (country, reason, window_days, fault, merchant_weight,
        platform_weight, carrier_weight, shopper_weight, missing_percent, source, effective_from,
        effective_to)
    SELECT country, reason, window_days, fault, merchant_weight, platform_weight, carrier_weight,
        shopper_weight, missing_percent, source, effective_from, coalesce(effective_to, 'infinity')
    FROM unnest(:countries::text[], :reasons::text[], :window_days::int[], :faults::text[],
                :merchant_weights::int[], :platform_weights::int[], :carrier_weights::int[],
                :shopper_weights::int[], :missing_percents::int[], :sources::text[],
                :effective_from::date[], :effective_to::date[])
        AS n (country, reason, window_days, fault, merchant_weight, platform_weight,
              carrier_weight, shopper_weight, missing_percent, source, effective_from,
              effective_to)
    ON CONFLICT (country, reason, effective_from) DO UPDATE
    SET window_days = excluded.window_days, fault = excluded.fault,
        merchant_weight = excluded.merchant_weight, platform_weight = excluded.platform_weight,
        carrier_weight = excluded.carrier_weight, shopper_weight = excluded.shopper_weight,
        missing_percent = excluded.missing_percent, source = excluded.source,
        effective_to = excluded.effective_to
    WHERE (p.window_days, p.fault, p.merchant_weight, p.platform_weight, p.carrier_weight,
           p.shopper_weight, p.missing_percent, p.source, p.effective_to)
        IS DISTINCT FROM
        (excluded.window_days, excluded.fault, excluded.merchant_weight, excluded.platform_weight,
         excluded.carrier_weight, excluded.shopper_weight, excluded.missing_percent,
         excluded.source, excluded.effective_to)
    RETURNING 1
)
SELECT count(*)::int FROM stored
