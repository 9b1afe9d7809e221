SELECT band FROM experience.band_warning
WHERE merchant_id = :merchant::int AND profile = :profile::text AND ended_at IS NULL
ORDER BY band
