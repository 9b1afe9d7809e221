SELECT pg_advisory_xact_lock(hashtext('streams.booking'), n.node_id)
FROM (SELECT DISTINCT node_id FROM unnest(:node_ids::int[]) AS w (node_id) ORDER BY node_id) AS n
