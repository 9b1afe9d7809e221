-- Finished months leave the database for files; which, and what is in them, is known here.

CREATE TABLE orders.archive (
    month int NOT NULL,
    kind text NOT NULL CHECK (kind IN ('orders', 'lines', 'moves')),
    file text NOT NULL,
    rows bigint NOT NULL,
    bytes bigint NOT NULL,
    sha256 text NOT NULL,
    archived_at timestamptz NOT NULL,
    PRIMARY KEY (month, kind)
);
COMMENT ON COLUMN orders.archive.month IS 'as ids begin with it: 0 = January 2020';
COMMENT ON COLUMN orders.archive.file IS 'its name in the folder of the archive';
COMMENT ON COLUMN orders.archive.sha256 IS 'of the whole file, as sha256sum prints it';
CALL penstock.network_table('orders.archive');
CALL penstock.publish('orders.archive', 'archives');

CREATE TABLE orders.archived (
    merchant_id int NOT NULL,
    month int NOT NULL,
    orders bigint NOT NULL,
    PRIMARY KEY (merchant_id, month)
);
COMMENT ON COLUMN orders.archived.orders IS 'accepted orders: what a list leaves out';
CALL penstock.tenant_table('orders.archived');

-- Take a month out of every table that is cut by months: only one that is archived, all rows of it,
-- and none of whose subjects is left. Whoever comes while it asks for the tables waits for a moment
-- at most: where they are read for long, as by a backup, it gives way and asks again.
CREATE FUNCTION lifecycle.drop_month(month int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    suffix text := to_char(date '2020-01-01' + make_interval(months => month), '_YYYY_MM');
    first_id bigint := month * 10000000000000;
    next_id bigint := (month + 1) * 10000000000000;
    parents text[];
    parts text[];
    kinds text[];
    kept bigint;
    there bigint;
BEGIN
    IF EXISTS (SELECT FROM lifecycle.subject AS s
               WHERE s.subject_id >= first_id AND s.subject_id < next_id) THEN
        RAISE 'month %: some of its subjects are left', month;
    END IF;
    PERFORM lifecycle.open_month(month);
    -- In the order in which receipt writes to them, so that nobody waits crosswise.
    SELECT array_agg(format('%I.%I', n.nspname, c.relname) ORDER BY n.nspname DESC, c.relname DESC),
        array_agg(format('%I.%I', n.nspname, c.relname || suffix)
                  ORDER BY n.nspname DESC, c.relname DESC),
        array_agg(CASE n.nspname || '.' || c.relname
                      WHEN 'orders.receipt' THEN 'orders'
                      WHEN 'orders.line' THEN 'lines'
                      WHEN 'lifecycle.history' THEN 'moves'
                  END ORDER BY n.nspname DESC, c.relname DESC)
    INTO parents, parts, kinds
    FROM pg_partitioned_table AS p
    JOIN pg_class AS c ON c.oid = p.partrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('orders', 'lifecycle');
    FOR i IN 1..cardinality(parts) LOOP
        EXECUTE format('LOCK TABLE %s IN SHARE MODE', parts[i]);
        EXECUTE format('SELECT count(*) FROM %s', parts[i]) INTO there;
        SELECT a.rows INTO kept FROM orders.archive AS a
        WHERE (a.month, a.kind) = (drop_month.month, kinds[i]);
        IF kept IS DISTINCT FROM there THEN
            RAISE 'month %: % has % rows, of which % are archived', month, parts[i], there,
                coalesce(kept, 0);
        END IF;
    END LOOP;
    PERFORM set_config('lock_timeout', '300ms', true);
    FOR attempt IN 1..40 LOOP
        BEGIN
            FOR i IN 1..cardinality(parts) LOOP
                EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', parents[i]);
                EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', parts[i]);
            END LOOP;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            IF attempt = 40 THEN
                RAISE;
            END IF;
            PERFORM pg_sleep(0.5);
        END;
    END LOOP;
    FOR i IN 1..cardinality(parts) LOOP
        EXECUTE format('ALTER TABLE %s DETACH PARTITION %s', parents[i], parts[i]);
        EXECUTE format('DROP TABLE %s', parts[i]);
    END LOOP;
    RETURN cardinality(parts);
END $$;
REVOKE ALL ON FUNCTION lifecycle.drop_month(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lifecycle.drop_month(int) TO penstock_operator;
