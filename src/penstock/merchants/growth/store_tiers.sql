WITH wish AS (
    SELECT *
    FROM unnest(:merchant_ids::int[], :ladders::text[], :tiers::text[], :daily_caps::int[],
                :because::text[], :decided_by::text[], :pinned_until::date[])
        AS w (merchant_id, ladder, tier, daily_cap, because, decided_by, pinned_until)
), ended AS (
    UPDATE merchants.tier AS t
    SET ended_at = greatest(t.from_at, :at::timestamptz)
    FROM wish AS w
    WHERE t.merchant_id = w.merchant_id AND t.ended_at = 'infinity'
    RETURNING t.merchant_id, t.tier
), begun AS (
    -- The count has the old rows ended before the new ones claim their place.
    INSERT INTO merchants.tier (merchant_id, ladder, tier, daily_cap, from_at, pinned_until,
                                because, decided_by)
    SELECT merchant_id, ladder, tier, daily_cap, :at::timestamptz, pinned_until, because, decided_by
    FROM wish
    WHERE (SELECT count(*) FROM ended) >= 0
    ORDER BY merchant_id
    RETURNING merchant_id, tier_id, tier, daily_cap, because
)
SELECT b.merchant_id, coalesce(e.tier, '') AS from_tier, b.tier, b.daily_cap, b.because, b.tier_id
FROM begun AS b
LEFT JOIN ended AS e ON e.merchant_id = b.merchant_id
ORDER BY b.merchant_id
