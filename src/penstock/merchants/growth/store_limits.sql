INSERT INTO merchants.volume_limit (merchant_id, policy, percent, mean_orders, daily_cap, from_at,
                                    until_at, because)
SELECT merchant_id, policy, percent, mean, daily_cap, :from_at::timestamptz, until_at, because
FROM unnest(:merchant_ids::int[], :policies::text[], :percents::int[], :means::numeric[],
            :daily_caps::int[], :because::text[], :until_at::timestamptz[])
    AS n (merchant_id, policy, percent, mean, daily_cap, because, until_at)
ORDER BY merchant_id, policy
RETURNING merchant_id, policy, limit_id, daily_cap, percent, until_at, because
