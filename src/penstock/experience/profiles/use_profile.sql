INSERT INTO experience.profile_use (merchant_id, profile, from_day)
VALUES (:merchant_id::int, :profile::text, :from_day::date)
ON CONFLICT (merchant_id, profile) DO NOTHING
RETURNING merchant_id
