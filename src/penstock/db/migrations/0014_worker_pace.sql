-- What autoscalers reckon with: who works, how long each was at it, and how much was moved by when.

CREATE TABLE worker.worker (
    worker_id int PRIMARY KEY,
    seen_at timestamptz NOT NULL,
    busy_s double precision NOT NULL,
    counted_s double precision NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
COMMENT ON COLUMN worker.worker.busy_s IS 'since it started; what did nothing is not counted';
COMMENT ON COLUMN worker.worker.counted_s IS 'of busy_s, what is in worker.pace already';
CALL penstock.operator_table('worker.worker');

CREATE TABLE worker.pace (
    to_at timestamptz PRIMARY KEY,
    from_at timestamptz NOT NULL,
    received int NOT NULL,
    arrived int NOT NULL,
    moved int NOT NULL,
    busy_s double precision NOT NULL,
    minute_moved int NOT NULL,
    minute_busy_s double precision NOT NULL,
    received_ever bigint NOT NULL,
    arrived_ever bigint NOT NULL,
    moved_ever bigint NOT NULL
);
COMMENT ON COLUMN worker.pace.received IS 'orders, from from_at to to_at';
COMMENT ON COLUMN worker.pace.arrived IS 'moves into a status that a step takes from';
COMMENT ON COLUMN worker.pace.moved IS 'moves out of such a status, but for cancellations';
COMMENT ON COLUMN worker.pace.moved_ever IS 'the same up to to_at: where the next count begins';
COMMENT ON COLUMN worker.pace.minute_moved IS 'in the minute up to to_at';
CREATE INDEX pace_minute_moved ON worker.pace (minute_moved DESC, to_at);
CALL penstock.operator_table('worker.pace');
