INSERT INTO experience.foresight (profile, learnt_at, merchants, origins, model)
VALUES (:profile::text, :now::timestamptz, :merchants::int, :origins::int, :model::text)
ON CONFLICT (profile) DO UPDATE
SET learnt_at = excluded.learnt_at, merchants = excluded.merchants, origins = excluded.origins,
    model = excluded.model
