WITH gone AS (
    DELETE FROM experience.score_forecast WHERE made_at < :before::timestamptz
    RETURNING 1
)
SELECT count(*)::int FROM gone
