-- An evening made of rows, plausible in all its parts: as many orders as made.orders says, drawn by
-- hashing their numbers, so that it is the same each time.
SET LOCAL timezone = 'UTC';

CREATE FUNCTION pg_temp.chance(n bigint, what text) RETURNS float8 LANGUAGE sql IMMUTABLE
    RETURN ((hashtextextended(what || n, 0) & 1048575) + 0.5) / 1048576;
CREATE FUNCTION pg_temp.worked(start timestamptz, hours float8, left_today float8)
RETURNS timestamptz LANGUAGE sql IMMUTABLE
    RETURN start + make_interval(secs => 3600 * (
        hours + CASE WHEN hours > left_today THEN 8 * ceil((hours - left_today) / 16) ELSE 0 END));

INSERT INTO merchants.merchant (merchant_id, code, title, country, status, daily_cap, hold, applied_at)
VALUES (1, 'aurora', 'Aurora Lights', 'US', 'approved', 50000, '1 hour', '2026-08-01Z'),
       (2, 'bramble', 'Bramble & Co', 'GB', 'approved', 20000, '30 minutes', '2026-08-01Z'),
       (3, 'cinnabar', 'Cinnabar Studio', 'CN', 'approved', 2600, '0', '2026-08-01Z');
INSERT INTO inventory.node (node_id, code, title, country, zone, cut_off, orders_per_hour)
VALUES (1, 'newark', 'Newark NJ', 'US', 'America/New_York', '17:00', 520),
       (2, 'reno', 'Reno NV', 'US', 'America/Los_Angeles', '16:00', 380),
       (3, 'daventry', 'Daventry', 'GB', 'Europe/London', '18:00', 330),
       (4, 'shenzhen', 'Shenzhen', 'CN', 'Asia/Shanghai', '20:00', 260);
INSERT INTO vendors.vendor (vendor, title, role, gateway, endpoint, joined_at)
SELECT v, t, r, 'sandbox', '', '2026-08-01Z'
FROM (VALUES ('swift', 'Swift Parcel', 'carrier'), ('plodder', 'Plodder Post', 'carrier'),
             ('albion', 'Albion Mail', 'carrier'), ('pearl', 'Pearl River Express', 'carrier'),
             ('clearway', 'Clearway Brokers', 'broker'),
             ('renew', 'Renew Returns', 'returns_processor')) AS x (v, t, r);
INSERT INTO inventory.pool (merchant_id, pool_id, code, family_id, stream_id)
OVERRIDING SYSTEM VALUE
VALUES (1, 1, 'us', 1, NULL), (2, 2, 'gb', 2, NULL), (3, 3, 'all', 3, NULL),
       (1, 4, 'us-stream', 1, 1), (2, 5, 'gb-stream', 2, 2);
INSERT INTO streams.stream (merchant_id, stream_id, code, title, country, starts_at, ends_at,
                            expected_orders, state)
OVERRIDING SYSTEM VALUE
VALUES (1, 1, 'friday-night', 'Friday night lights', 'US', '2026-11-20 19:00Z',
        '2026-11-20 20:00Z', 12000, 'closed'),
       (2, 2, 'friday-night', 'Balm hour', 'GB', '2026-11-20 19:00Z', '2026-11-20 20:00Z', 4000,
        'closed');
INSERT INTO merchants.sku (merchant_id, sku_id, code, title, weight_g, length_mm, width_mm,
                           height_mm, value_minor, currency, approved_at)
OVERRIDING SYSTEM VALUE
VALUES (1, 1, 'LAMP-000', 'Arc lamp', 400, 100, 80, 60, 2499, 'USD', '2026-08-01Z'),
       (1, 2, 'PROJ-001', 'Bay projector', 900, 100, 80, 60, 7900, 'USD', '2026-08-01Z'),
       (2, 3, 'BALM-000', 'Arc balm', 180, 100, 80, 60, 900, 'GBP', '2026-08-01Z'),
       (3, 4, 'SCAR-000', 'Arc scarf', 180, 100, 80, 60, 1900, 'USD', '2026-08-01Z');

CREATE TEMP TABLE o ON COMMIT DROP AS
WITH drawn AS (
    SELECT n, current_setting('made.orders')::int AS orders,
        CASE WHEN pg_temp.chance(n, 'seller') < 0.62 THEN 1
             WHEN pg_temp.chance(n, 'seller') < 0.85 THEN 2 ELSE 3 END AS merchant_id,
        CASE WHEN pg_temp.chance(n, 'when') < 0.035 THEN 360 * pg_temp.chance(n, 'calm')
             WHEN pg_temp.chance(n, 'when') < 0.82 THEN 360 - 80 * ln(1 - pg_temp.chance(n, 'burst'))
             ELSE 360 + 3240 * pg_temp.chance(n, 'after') END AS second
    FROM generate_series(1, current_setting('made.orders')::int) AS n
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY merchant_id ORDER BY second, n) AS place
    FROM drawn
)
SELECT n, merchant_id, n::bigint * 10 AS order_id, place,
    timestamptz '2026-11-20 19:00Z' + make_interval(secs => second) AS ordered_at,
    CASE WHEN merchant_id = 3 AND place > 0.118 * orders THEN 'daily_cap_reached'
         WHEN merchant_id = 1 AND place > 0.48 * orders AND pg_temp.chance(n, 'hot') < 0.85
         THEN 'insufficient_stock'
         WHEN merchant_id = 2 AND place > 0.2 * orders THEN 'insufficient_stock'
         ELSE 'accepted' END AS outcome,
    CASE merchant_id
        WHEN 1 THEN CASE WHEN pg_temp.chance(n, 'sku') < 0.6 THEN 1 ELSE 2 END
        WHEN 2 THEN 3 ELSE 4 END AS sku_id,
    CASE merchant_id WHEN 1 THEN 4 WHEN 2 THEN 5 ELSE 3 END AS pool_id,
    CASE merchant_id WHEN 2 THEN 'GB' WHEN 1 THEN 'US'
        ELSE CASE WHEN pg_temp.chance(n, 'country') < 0.6 THEN 'US' ELSE 'GB' END END AS country
FROM ranked;
CREATE INDEX ON o (order_id);

INSERT INTO orders.receipt
SELECT merchant_id, order_id, CASE merchant_id WHEN 2 THEN 'shopify' ELSE 'tiktok_shop' END,
    (ARRAY['aurora', 'bramble', 'cinnabar'])[merchant_id] || '-' || lpad(n::text, 6, '0'), outcome,
    CASE outcome WHEN 'insufficient_stock' THEN 'not enough stock of ''LAMP-000'''
        WHEN 'daily_cap_reached' THEN 'the merchant''s cap of orders for today is full'
        ELSE '' END,
    country, CASE country WHEN 'GB' THEN 'GBP' ELSE 'USD' END, 2499, 0, 'all_or_nothing',
    CASE merchant_id WHEN 1 THEN 1 WHEN 2 THEN 2 END, 'buyer-' || n, '{}', ordered_at, ordered_at,
    ordered_at, '2026-11-24 04:59:59Z', '2026-11-29 04:59:59Z'
FROM o;

INSERT INTO streams.stream_sku (merchant_id, stream_id, sku_id, pool_id, ring_fenced, given_back)
SELECT merchant_id, CASE merchant_id WHEN 1 THEN 1 ELSE 2 END, sku_id, pool_id,
    count(*) FILTER (WHERE outcome = 'accepted') + CASE sku_id WHEN 3 THEN 40 ELSE 0 END, 0
FROM o WHERE merchant_id < 3 GROUP BY merchant_id, sku_id, pool_id;
INSERT INTO inventory.move (merchant_id, sku_id, quantity, from_account, from_holder, to_account,
                            to_holder, reason, subject_id, at)
SELECT merchant_id, sku_id, ring_fenced, 'outside', 0, 'pool_available', pool_id, 'receive', 0,
    '2026-11-20 17:00Z'
FROM streams.stream_sku;
INSERT INTO inventory.move (merchant_id, sku_id, quantity, from_account, from_holder, to_account,
                            to_holder, reason, subject_id, at)
SELECT merchant_id, sku_id, 1, 'pool_available', pool_id, 'pool_reserved', pool_id, 'reserve',
    order_id, ordered_at
FROM o WHERE outcome = 'accepted' AND merchant_id < 3
ORDER BY ordered_at, order_id;
INSERT INTO orders.line
SELECT merchant_id, order_id, 0, sku_id, pool_id, 1, 1, 0, 2499 FROM o WHERE outcome = 'accepted';

-- What each fulfilment order lived through; a few orders are split in two.
CREATE TEMP TABLE f ON COMMIT DROP AS
WITH part AS (
    SELECT o.*, o.order_id + piece AS id, piece
    FROM o CROSS JOIN generate_series(0, 1) AS piece
    WHERE outcome = 'accepted'
        AND (piece = 0 OR pg_temp.chance(o.n, 'split') < 0.008 AND pg_temp.chance(o.n, 'cancel') > 0.02)
), placed AS (
    SELECT *,
        CASE merchant_id WHEN 1 THEN CASE WHEN pg_temp.chance(id, 'node') < 0.58 THEN 1 ELSE 2 END
            WHEN 2 THEN 3 ELSE 4 END AS node_id,
        ordered_at + CASE merchant_id WHEN 1 THEN interval '1 hour'
            WHEN 2 THEN interval '30 minutes' ELSE interval '0' END AS open_at
    FROM part
), queued AS (
    SELECT *, open_at + interval '3 minutes' AS allocated_at,
        open_at + interval '8 minutes' AS released_at,
        row_number() OVER (PARTITION BY node_id ORDER BY open_at, id) AS queue
    FROM placed
), picked AS (
    SELECT *,
        CASE WHEN pg_temp.chance(id, 'cancel') < 0.012 THEN ordered_at + interval '1 second' END
            AS cancelled_at,
        pg_temp.worked(released_at,
            0.2 + 21000.0 / current_setting('made.orders')::int * queue
                / (ARRAY[480, 350, 300, 110])[node_id],
            (ARRAY[7.0, 10.0, 2.0, 0.0])[node_id])
        AS picked_at
    FROM queued
), packed AS (
    SELECT *, picked_at + make_interval(mins => 12 + (50 * pg_temp.chance(id, 'pack'))::int)
        AS packed_at
    FROM picked
), clear AS (
    SELECT *,
        CASE WHEN node_id = 4 THEN packed_at + make_interval(
            hours => 3 + (9 * pg_temp.chance(id, 'customs'))::int
                + CASE WHEN pg_temp.chance(id, 'held') < 0.05 THEN 40 ELSE 0 END)
            ELSE packed_at END AS ready_at,
        node_id = 4 AND pg_temp.chance(id, 'refused') < 0.004 AS refused
    FROM packed
), gone AS (
    SELECT *,
        CASE node_id WHEN 3 THEN 'albion' WHEN 4 THEN 'pearl'
            ELSE CASE WHEN pg_temp.chance(id, 'carrier') < 0.55 THEN 'swift' ELSE 'plodder' END
        END AS vendor,
        date_trunc('day', ready_at - interval '21 hours') + interval '46 hours' AS handed_over_at
    FROM clear
)
SELECT *,
    handed_over_at + make_interval(secs => -3600 * ln(1 - pg_temp.chance(id, 'scan'))
        * CASE vendor WHEN 'swift' THEN 3 WHEN 'albion' THEN 5 ELSE 9 END) AS scanned_at,
    date_trunc('day', handed_over_at) + make_interval(
        days => CASE vendor WHEN 'albion' THEN 2 WHEN 'swift' THEN 3 WHEN 'plodder' THEN 4 ELSE 6 END
            + CASE WHEN pg_temp.chance(id, 'late') < CASE vendor WHEN 'swift' THEN 0.03
                WHEN 'albion' THEN 0.06 ELSE 0.13 END
              THEN 1 + (3 * pg_temp.chance(id, 'days'))::int ELSE 0 END,
        mins => 480 + (600 * pg_temp.chance(id, 'hour'))::int) AS arrives_at,
    pg_temp.chance(id, 'lost') < 0.002 AS lost,
    pg_temp.chance(id, 'fails') < CASE vendor WHEN 'plodder' THEN 0.06 ELSE 0.03 END AS fails,
    date_trunc('day', handed_over_at) + make_interval(
        days => CASE vendor WHEN 'albion' THEN 3 WHEN 'swift' THEN 4 WHEN 'plodder' THEN 5 ELSE 7 END)
        AS promised_at
FROM gone;
UPDATE f SET handed_over_at = NULL, arrives_at = NULL, scanned_at = NULL WHERE cancelled_at IS NOT NULL OR refused;

INSERT INTO allocation.fulfilment_order (merchant_id, fulfilment_order_id, order_id, node_id,
                                         allocated_at)
SELECT merchant_id, id, order_id, node_id, allocated_at FROM f WHERE cancelled_at IS NULL;
INSERT INTO orders.cancellation
SELECT merchant_id, order_id, id, 'changed_mind', CASE WHEN n % 9 = 0 THEN 'seller' ELSE 'buyer' END,
    cancelled_at
FROM f WHERE cancelled_at IS NOT NULL;

CREATE TEMP TABLE moved ON COMMIT DROP AS
SELECT f.merchant_id, v.id, v.kind, v.from_status, v.event, v.to_status, v.at
FROM f
CROSS JOIN LATERAL (
    VALUES
    (id, 'fulfilment_order', '', CASE WHEN piece = 1 THEN 'split_off' WHEN merchant_id = 3
        THEN 'received' ELSE 'received_on_hold' END,
     CASE WHEN piece = 1 OR merchant_id = 3 THEN 'open' ELSE 'held' END,
     CASE WHEN piece = 1 THEN allocated_at ELSE ordered_at END),
    (id, 'fulfilment_order', 'held', 'hold_expired', 'open', CASE WHEN piece = 0 AND merchant_id < 3 AND cancelled_at IS NULL THEN open_at END),
    (id, 'fulfilment_order', CASE merchant_id WHEN 3 THEN 'open' ELSE 'held' END, 'cancelled', 'cancelled', cancelled_at),
    (id, 'fulfilment_order', 'open', 'allocated', 'allocated', CASE WHEN cancelled_at IS NULL THEN allocated_at END),
    (id, 'fulfilment_order', 'allocated', 'released', 'released', CASE WHEN cancelled_at IS NULL THEN released_at END),
    (id, 'fulfilment_order', 'released', 'picked', 'picked', CASE WHEN cancelled_at IS NULL THEN picked_at END),
    (id, 'fulfilment_order', 'picked', 'packed', 'packed', CASE WHEN cancelled_at IS NULL THEN packed_at END),
    (id, 'fulfilment_order', 'packed', 'not_delivered', 'undelivered', CASE WHEN refused AND cancelled_at IS NULL THEN ready_at END),
    (id, 'fulfilment_order', 'packed', 'handed_over', 'shipped', handed_over_at),
    (id, 'fulfilment_order', 'shipped', CASE WHEN lost THEN 'not_delivered' ELSE 'delivered' END,
     CASE WHEN lost THEN 'undelivered' ELSE 'delivered' END, arrives_at),
    (id + 4, 'parcel', '', CASE node_id WHEN 4 THEN 'packed_abroad' ELSE 'packed' END,
     CASE node_id WHEN 4 THEN 'awaiting_declaration' ELSE 'awaiting_label' END,
     CASE WHEN cancelled_at IS NULL THEN packed_at END),
    (id + 4, 'parcel', 'awaiting_declaration', 'declared', 'declared',
     CASE WHEN node_id = 4 AND cancelled_at IS NULL THEN packed_at + interval '20 minutes' END),
    (id + 4, 'parcel', 'declared', CASE WHEN refused THEN 'refused' ELSE 'cleared' END,
     CASE WHEN refused THEN 'refused' ELSE 'awaiting_label' END,
     CASE WHEN node_id = 4 AND cancelled_at IS NULL THEN ready_at END),
    (id + 4, 'parcel', 'awaiting_label', 'label_bought', 'labelled',
     CASE WHEN handed_over_at IS NOT NULL THEN ready_at + interval '10 minutes' END),
    (id + 4, 'parcel', 'labelled', 'manifested', 'manifested', handed_over_at - interval '40 minutes'),
    (id + 4, 'parcel', 'manifested', 'handed_over', 'handed_over', handed_over_at),
    (id + 4, 'parcel', 'handed_over', 'scanned', 'in_transit', scanned_at),
    (id + 4, 'parcel', 'in_transit', 'lost', 'lost', CASE WHEN lost THEN arrives_at END),
    (id + 4, 'parcel', 'in_transit', 'out_for_delivery', 'out_for_delivery',
     CASE WHEN NOT lost THEN arrives_at - interval '5 hours' END),
    (id + 4, 'parcel', 'out_for_delivery', 'attempt_failed', 'delivery_failed',
     CASE WHEN fails AND NOT lost THEN arrives_at - interval '3 hours' END),
    (id + 4, 'parcel', CASE WHEN fails THEN 'delivery_failed' ELSE 'out_for_delivery' END,
     'delivered', 'delivered', CASE WHEN NOT lost THEN arrives_at END)
) AS v (id, kind, from_status, event, to_status, at)
WHERE v.at IS NOT NULL AND v.at < '2026-12-04 19:00Z';

CREATE TEMP TABLE r ON COMMIT DROP AS
SELECT merchant_id, id, id + 6 AS return_id, order_id, country, vendor, arrives_at,
    (ARRAY['changed_mind', 'changed_mind', 'changed_mind', 'not_as_described', 'not_as_described',
           'damaged', 'wrong_item'])[1 + floor(7 * pg_temp.chance(id, 'why'))::int] AS reason,
    arrives_at + make_interval(secs => 3600 * (6 - 40 * ln(1 - pg_temp.chance(id, 'regret')))) AS requested_at,
    3600 * (20 - 50 * ln(1 - pg_temp.chance(id, 'back'))) AS back_s
FROM f
WHERE arrives_at < '2026-12-03 00:00Z' AND NOT lost AND piece = 0
    AND pg_temp.chance(id, 'return') < 0.11;
DELETE FROM r WHERE requested_at >= '2026-12-04 18:00Z';
INSERT INTO moved
SELECT r.merchant_id, return_id, 'return', v.from_status, v.event, v.to_status, v.at
FROM r
CROSS JOIN LATERAL (
    VALUES ('', 'requested', 'requested', requested_at),
    ('requested', CASE WHEN return_id % 210 = 6 THEN 'rejected' ELSE 'approved' END,
     CASE WHEN return_id % 210 = 6 THEN 'rejected' ELSE 'approved' END, requested_at + interval '20 minutes'),
    ('approved', 'announced', 'announced', CASE WHEN return_id % 210 <> 6 THEN requested_at + interval '30 minutes' END),
    ('announced', 'in_transit', 'in_transit', CASE WHEN return_id % 210 <> 6 THEN requested_at + make_interval(secs => back_s) END),
    ('in_transit', 'received', 'received', CASE WHEN return_id % 210 <> 6 THEN requested_at + make_interval(secs => 1.9 * back_s) END),
    ('received', 'graded', 'graded', CASE WHEN return_id % 210 <> 6 THEN requested_at + make_interval(secs => 2.1 * back_s) END),
    ('graded', 'settled', 'closed', CASE WHEN return_id % 210 <> 6 THEN requested_at + make_interval(secs => 2.1 * back_s + 600) END)
) AS v (from_status, event, to_status, at)
WHERE v.at < '2026-12-04 19:00Z';

CREATE INDEX ON moved (id);
ANALYZE moved;
INSERT INTO lifecycle.history (merchant_id, subject_id, kind, from_status, event, to_status, at)
SELECT merchant_id, id, kind, from_status, event, to_status, at FROM moved ORDER BY at, id;
INSERT INTO lifecycle.subject (merchant_id, subject_id, kind, status, since_at, due_at, deadline_at)
SELECT DISTINCT ON (id) merchant_id, id, kind, to_status, at, 'infinity', 'infinity'
FROM moved ORDER BY id, at DESC, from_status <> '' DESC;

INSERT INTO warehouse.batch (node_id, style, orders, ship_by_at, released_at)
SELECT node_id, CASE WHEN queue % 3 = 0 THEN 'single_sku' ELSE 'mixed' END, 20, '2026-11-21Z',
    min(released_at)
FROM f WHERE cancelled_at IS NULL AND queue % 20 < 3 GROUP BY node_id, queue, queue / 20;
INSERT INTO warehouse.pick
SELECT merchant_id, id, 0, 1, node_id, sku_id, 1, CASE WHEN pg_temp.chance(id, 'short') < 0.002 THEN 0 ELSE 1 END,
    'picker-1', picked_at
FROM f WHERE cancelled_at IS NULL AND picked_at < '2026-12-04Z';
INSERT INTO warehouse.parcel
SELECT merchant_id, id + 4, id, 1, node_id, country, 'S', 400 + (id % 900)::int, 'bench', packed_at
FROM f WHERE cancelled_at IS NULL AND packed_at < '2026-12-04Z';
INSERT INTO customs.declaration
SELECT merchant_id, id + 4, 'clearway', 'D-' || id, country, 2499, 262, 0, 'none', 30, 'USD', '{}', '{}',
    packed_at, 'B-' || id, packed_at + interval '20 minutes',
    CASE WHEN pg_temp.chance(id, 'held') < 0.05 THEN 'inspection' END,
    CASE WHEN NOT refused THEN ready_at END, CASE WHEN refused THEN ready_at END
FROM f WHERE node_id = 4 AND cancelled_at IS NULL;
INSERT INTO shipping.label
SELECT merchant_id, id + 4, vendor, 'ground', 'T' || id,
    CASE vendor WHEN 'swift' THEN 690 WHEN 'plodder' THEN 520 WHEN 'albion' THEN 340 ELSE 780 END,
    CASE vendor WHEN 'albion' THEN 'GBP' ELSE 'USD' END, ready_at + interval '10 minutes',
    handed_over_at, promised_at, 'M1', handed_over_at
FROM f WHERE handed_over_at < '2026-12-04Z';
INSERT INTO shipping.manifest
SELECT vendor || to_char(handed_over_at, 'DD') || node_id, vendor, node_id, handed_over_at, 1,
    count(*), handed_over_at, 'V', handed_over_at - interval '40 minutes', NULL, handed_over_at
FROM f WHERE handed_over_at < '2026-12-04Z' GROUP BY vendor, node_id, handed_over_at;
INSERT INTO tracking.standing
SELECT merchant_id, id + 4, 'delivered', 4, arrives_at, '', '', scanned_at
FROM f WHERE arrives_at IS NOT NULL AND arrives_at < '2026-12-04Z';
INSERT INTO tracking.event (vendor, event_id, merchant_id, parcel_id, code, status, occurred_at,
                            local_time, zone_source, received_at)
SELECT vendor, id || '-' || e, merchant_id, id + 4, 'X', 'scanned', scanned_at, '', 'vendor',
    scanned_at + make_interval(hours => CASE WHEN pg_temp.chance(id * 10 + e, 'told')
        < CASE vendor WHEN 'plodder' THEN 0.12 WHEN 'pearl' THEN 0.1 ELSE 0.05 END THEN 11 ELSE 0 END)
FROM f CROSS JOIN generate_series(1, 5) AS e WHERE scanned_at IS NOT NULL;
INSERT INTO tracking.exception
SELECT f.merchant_id, f.id + 4, 'parcel', 'handed_over', 'no_scan_after_hand_over', 'carrier', '',
    handed_over_at + interval '24 hours', CASE WHEN NOT lost THEN scanned_at END
FROM f WHERE scanned_at > handed_over_at + interval '24 hours';
INSERT INTO tracking.exception
SELECT f.merchant_id, f.id + 4, 'parcel', 'customs_held', 'held_too_long', 'customs', '',
    packed_at, ready_at
FROM f WHERE node_id = 4 AND pg_temp.chance(id, 'held') < 0.02;
INSERT INTO returns.rma (merchant_id, return_id, request_key, body_sha256, reference, order_id,
    fulfilment_order_id, country, reason, fault, node_id, vendor, delivered_at, requested_at,
    refund_minor, currency, received_at, settled_at)
SELECT r.merchant_id, return_id, 'R-' || return_id, '', 'x/' || return_id, order_id, id, country, reason,
    CASE reason WHEN 'changed_mind' THEN 'buyer' WHEN 'damaged' THEN 'carrier' ELSE 'seller' END,
    1, 'renew', arrives_at, requested_at, 2499, CASE country WHEN 'GB' THEN 'GBP' ELSE 'USD' END,
    (SELECT at FROM moved AS m WHERE (m.id, m.event) = (r.return_id, 'received')),
    (SELECT at FROM moved AS m WHERE (m.id, m.event) = (r.return_id, 'settled'))
FROM r;
INSERT INTO ledger.transfer (merchant_id, debit_account, credit_account, amount_minor, currency,
                             reason, subject_id, at)
SELECT merchant_id, v.debit, v.credit, v.amount, v.currency, v.reason, return_id, settled_at
FROM returns.rma
CROSS JOIN LATERAL (
    VALUES ('merchant', 'shopper', refund_minor, currency, 'refund'),
    (CASE WHEN fault = 'carrier' THEN 'vendor:plodder' ELSE 'merchant' END, 'vendor:renew', 320, 'USD', 'return_fee'),
    ('platform', 'vendor:renew', 130, 'USD', 'return_fee'),
    ('shopper', 'vendor:renew', CASE WHEN fault = 'buyer' THEN 200 END, 'USD', 'return_fee')
) AS v (debit, credit, amount, currency, reason)
WHERE settled_at IS NOT NULL AND v.amount IS NOT NULL;
