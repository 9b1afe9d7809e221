-- Counts that are kept instead of counted anew. Every change of a journey is queued as the image
-- before and the image after it; what an order adds to a measure follows from its image alone, so
-- that a measure's counts are sums of differences, whatever came late, twice or out of order.

CREATE TABLE experience.change (
    merchant_id int NOT NULL,
    change_id bigint GENERATED ALWAYS AS IDENTITY,
    fulfilment_order_id bigint NOT NULL,
    PRIMARY KEY (merchant_id, change_id)
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CALL penstock.tenant_table('experience.change');

-- Queue changes of one more column of experience.journey: of those that some word reads.
CREATE PROCEDURE experience.follow(column_name text) LANGUAGE plpgsql AS $$
DECLARE
    type_name text;
    followed text[];
BEGIN
    SELECT format_type(a.atttypid, a.atttypmod) INTO STRICT type_name
    FROM pg_attribute AS a
    WHERE a.attrelid = 'experience.journey'::regclass AND a.attname = column_name;
    EXECUTE format('ALTER TABLE experience.change ADD COLUMN %I %s, ADD COLUMN %I %s',
                   'before_' || column_name, type_name, 'after_' || column_name, type_name);
    SELECT array_agg(substr(a.attname, 7) ORDER BY a.attnum) INTO followed
    FROM pg_attribute AS a
    WHERE a.attrelid = 'experience.change'::regclass AND a.attname LIKE 'after\_%'
        AND NOT a.attisdropped;
    -- Images are joined by key however many: a plan made for one row would not do for thousands.
    EXECUTE format(
        $f$
        CREATE OR REPLACE FUNCTION experience.queue_change() RETURNS trigger LANGUAGE plpgsql
            SET plan_cache_mode = force_custom_plan SET enable_hashjoin = on
            SET enable_nestloop = off AS $t$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                INSERT INTO experience.change (merchant_id, fulfilment_order_id, %1$s)
                SELECT a.merchant_id, a.fulfilment_order_id, %3$s FROM after AS a;
            ELSIF TG_OP = 'DELETE' THEN
                INSERT INTO experience.change (merchant_id, fulfilment_order_id, %2$s)
                SELECT b.merchant_id, b.fulfilment_order_id, %4$s FROM before AS b;
            ELSE
                INSERT INTO experience.change (merchant_id, fulfilment_order_id, %1$s, %2$s)
                SELECT a.merchant_id, a.fulfilment_order_id, %3$s, %4$s
                FROM after AS a JOIN before AS b USING (merchant_id, fulfilment_order_id)
                WHERE (%3$s) IS DISTINCT FROM (%4$s);
            END IF;
            RETURN NULL;
        END $t$
        $f$,
        (SELECT string_agg(format('%I', 'after_' || f), ', ') FROM unnest(followed) AS f),
        (SELECT string_agg(format('%I', 'before_' || f), ', ') FROM unnest(followed) AS f),
        (SELECT string_agg(format('a.%I', f), ', ') FROM unnest(followed) AS f),
        (SELECT string_agg(format('b.%I', f), ', ') FROM unnest(followed) AS f));
END $$;

CALL experience.follow('ordered_at');
CALL experience.follow('market');
CALL experience.follow('paid_at');
CALL experience.follow('accepted_at');
CALL experience.follow('dispatch_by_at');
CALL experience.follow('deliver_by_at');
CALL experience.follow('packed_at');
CALL experience.follow('labelled_at');
CALL experience.follow('dispatched_at');
CALL experience.follow('transit_by_at');
CALL experience.follow('delivered_at');
CALL experience.follow('cancelled_at');
CALL experience.follow('cancel_fault');
CALL experience.follow('returned_at');
CALL experience.follow('return_fault');
CALL experience.follow('lost_at');
CALL experience.follow('exception_fault');
CALL experience.follow('excluded');

CREATE TRIGGER journeys_added AFTER INSERT ON experience.journey
    REFERENCING NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION experience.queue_change();
CREATE TRIGGER journeys_changed AFTER UPDATE ON experience.journey
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION experience.queue_change();
CREATE TRIGGER journeys_removed AFTER DELETE ON experience.journey
    REFERENCING OLD TABLE AS before
    FOR EACH STATEMENT EXECUTE FUNCTION experience.queue_change();

-- What is counted: one for all profiles that count the same. A word that is defined anew makes
-- another measure, which is counted from the journeys before anybody asks for it.
CREATE TABLE experience.measure (
    measure_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    fingerprint text NOT NULL,
    asks jsonb NOT NULL,
    filled_at timestamptz,
    CONSTRAINT measure_once UNIQUE (fingerprint)
);
COMMENT ON COLUMN experience.measure.filled_at IS
    'null: changes have passed it by, and it must be counted from the journeys';
COMMENT ON COLUMN experience.measure.fingerprint IS 'of the statement that judges an order by it';
CALL penstock.network_table('experience.measure');

CREATE TABLE experience.tally (
    merchant_id int NOT NULL,
    measure_id int NOT NULL,
    entered_on date NOT NULL,
    true_on date NOT NULL,
    reason text NOT NULL,
    known_on date NOT NULL,
    orders int NOT NULL,
    points bigint NOT NULL,
    PRIMARY KEY (merchant_id, measure_id, entered_on, true_on, reason, known_on)
) WITH (fillfactor = 80);
COMMENT ON TABLE experience.tally IS
    'differences: their sum up to a day of knowing is what was known then';
COMMENT ON COLUMN experience.tally.entered_on IS 'a day of the profile''s time zone, as true_on';
COMMENT ON COLUMN experience.tally.true_on IS 'infinity: never';
COMMENT ON COLUMN experience.tally.reason IS 'why the orders are set aside; empty: counted';
COMMENT ON COLUMN experience.tally.points IS 'what is summed for a mean';
CALL penstock.tenant_table('experience.tally');
CALL penstock.publish('experience.tally', 'tallies');

-- What a recomputation counts, part by part, before it is compared.
CREATE UNLOGGED TABLE experience.recount (
    merchant_id int NOT NULL,
    measure_id int NOT NULL,
    entered_on date NOT NULL,
    true_on date NOT NULL,
    reason text NOT NULL,
    orders int NOT NULL,
    points bigint NOT NULL
);
CREATE INDEX recount_merchant ON experience.recount (merchant_id, measure_id);
CALL penstock.tenant_table('experience.recount');

-- Every merchant with journeys: from which day on its scores must be reckoned anew, infinity: none.
CREATE TABLE experience.touched (
    merchant_id int NOT NULL PRIMARY KEY,
    from_day date NOT NULL,
    scored_at timestamptz NOT NULL DEFAULT '-infinity'
);
CALL penstock.tenant_table('experience.touched');

-- What was said of a day, each time that something else was said: experience.score is the latest.
CREATE TABLE experience.said (
    merchant_id int NOT NULL,
    profile text NOT NULL,
    day date NOT NULL,
    known_at timestamptz NOT NULL,
    status text NOT NULL,
    score numeric(6, 2),
    detail jsonb NOT NULL,
    PRIMARY KEY (merchant_id, profile, day, known_at)
);
CALL penstock.tenant_table('experience.said');
REVOKE UPDATE, DELETE ON experience.said FROM penstock_operator, penstock_merchant;
CALL penstock.publish('experience.said', 'sayings');

-- Profiles by which a merchant is scored every day, beside Penstock's own.
CREATE TABLE experience.profile_use (
    merchant_id int NOT NULL,
    profile text NOT NULL,
    from_day date NOT NULL,
    PRIMARY KEY (merchant_id, profile)
);
CALL penstock.tenant_table('experience.profile_use');
CALL penstock.publish('experience.profile_use', 'profile_uses');

-- Counts of a day that journeys do not tell: ratings, chats, misconducts.
CREATE TABLE experience.supplied (
    merchant_id int NOT NULL,
    profile text NOT NULL,
    code text NOT NULL,
    day date NOT NULL,
    numerator bigint NOT NULL,
    denominator bigint NOT NULL,
    source text NOT NULL,
    told_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, profile, code, day),
    CHECK (numerator >= 0 AND denominator >= 0)
);
CALL penstock.tenant_table('experience.supplied');
CALL penstock.publish('experience.supplied', 'supplies');
