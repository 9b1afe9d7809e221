INSERT INTO experience.score_forecast (merchant_id, profile, made_at, days)
VALUES (:merchant::int, :profile::text, :now::timestamptz, :days::text::jsonb)
ON CONFLICT (merchant_id, profile, made_at) DO NOTHING
