"""PostgreSQL: the server, the pool, transactions, query declarations, migrations, the outbox."""
