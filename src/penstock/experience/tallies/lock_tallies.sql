SELECT CASE WHEN :exclusive::boolean THEN pg_advisory_xact_lock(5064270016)
            ELSE pg_advisory_xact_lock_shared(5064270016) END
