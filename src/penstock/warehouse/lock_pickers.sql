-- A picker has no row to lock; names are locked in one order, so that requests never deadlock.
SELECT pg_advisory_xact_lock(key)
FROM (SELECT DISTINCT hashtextextended('picker ' || :node_id::int || ' ' || picker, 0) AS key
      FROM unnest(:pickers::text[]) AS asked (picker)
      ORDER BY key) AS keys
