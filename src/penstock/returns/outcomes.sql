SELECT event_id, outcome
FROM returns.event
WHERE vendor = :vendor::text AND event_id = ANY (:event_ids::text[])
