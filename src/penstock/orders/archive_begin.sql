-- The file is read back between two statements, which may take longer than a session may idle.
SELECT CASE
    WHEN pg_try_advisory_xact_lock(hashtext('orders.archive'))
    THEN set_config('idle_in_transaction_session_timeout', '0', true)
END
