-- The merchants with the most orders of late, and of how many every profile in use can learn.
SELECT j.merchant_id
FROM experience.journey AS j
WHERE j.ordered_at > :since::timestamptz AND j.ordered_at <= :now::timestamptz
GROUP BY j.merchant_id
ORDER BY count(*) DESC, j.merchant_id
LIMIT :limit::int
