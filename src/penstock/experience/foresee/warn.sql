INSERT INTO experience.band_warning
    (merchant_id, profile, band, given_at, chance, within_days, because)
VALUES (:merchant::int, :profile::text, :band::text, :now::timestamptz, :chance::float8,
        :within_days::int, :because::text)
ON CONFLICT DO NOTHING
RETURNING band
