-- A timed step that breaks by a bug stops nobody else, and operators see it.

ALTER TABLE worker.schedule ADD COLUMN broke_at timestamptz, ADD COLUMN broke_because text;
COMMENT ON COLUMN worker.schedule.broke_at IS 'since when it does not end well; null: it does';
