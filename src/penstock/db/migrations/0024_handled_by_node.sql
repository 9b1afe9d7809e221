-- Where a merchant has declared what its nodes can handle, its day counts by node, too.

ALTER TABLE merchants.day ADD COLUMN handled jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN merchants.day.handled IS
    'orders by node that is expected to handle them; only where nodes have a declared capacity';
