-- What was in danger is so no longer, or is lost: either way the warning has done its work.
UPDATE experience.band_warning
SET ended_at = :now::timestamptz
WHERE merchant_id = :merchant::int AND profile = :profile::text
    AND band = ANY (:bands::text[]) AND ended_at IS NULL
RETURNING band
