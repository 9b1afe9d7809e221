INSERT INTO merchants.volume_limit (merchant_id, policy, percent, mean_orders, daily_cap, from_at,
                                    until_at, because)
SELECT merchant_id, :policy::text, percent, mean, daily_cap, :from_at::timestamptz,
    :until_at::timestamptz, because
FROM unnest(:merchant_ids::int[], :percents::int[], :means::numeric[], :daily_caps::int[],
            :because::text[])
    AS n (merchant_id, percent, mean, daily_cap, because)
ORDER BY merchant_id
RETURNING merchant_id, limit_id, daily_cap, percent, until_at, because
