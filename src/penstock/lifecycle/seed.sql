WITH known AS (
    INSERT INTO lifecycle.status (kind, status, waits_for, patience)
    SELECT *
    FROM unnest(:status_kinds::text[], :statuses::text[], :waits_for::text[], :patience::interval[])
    ON CONFLICT (kind, status)
        DO UPDATE SET waits_for = excluded.waits_for, patience = excluded.patience
    RETURNING kind
)
INSERT INTO lifecycle.transition (kind, from_status, event, to_status)
SELECT moves.*
FROM (SELECT count(*) FROM known) AS statuses_first,
    unnest(:kinds::text[], :from_statuses::text[], :events::text[], :to_statuses::text[]) AS moves
ON CONFLICT (kind, from_status, event) DO UPDATE SET to_status = excluded.to_status
