SELECT count(*)::int FROM outbox.events
