-- Vendors' words that an operator adds, and when a key was last used.

ALTER TABLE access.api_key ADD COLUMN last_used_at timestamptz;
COMMENT ON COLUMN access.api_key.last_used_at IS 'to the minute; null: never, or before this was kept';

-- What a code means: an event of ours, and where something went wrong whose fault and why. These go
-- before the vocabularies that come with the program, code by code.
CREATE TABLE vendors.meaning (
    vocabulary text NOT NULL,
    topic text NOT NULL CHECK (topic IN ('parcel', 'declaration', 'return')),
    code text NOT NULL,
    event text NOT NULL,
    fault text NOT NULL DEFAULT ''
        CHECK (fault IN ('', 'carrier', 'consignee', 'customs', 'retailer', 'weather')),
    reason text NOT NULL DEFAULT '',
    stored_at timestamptz NOT NULL,
    PRIMARY KEY (vocabulary, topic, code)
);
CALL penstock.network_table('vendors.meaning');
CALL penstock.publish('vendors.meaning', 'meanings');
