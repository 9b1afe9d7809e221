-- Everything hangs on the ASN's row, so a code that came before writes nothing. A SKU of which
-- nothing came gets its counters all the same: the pool carries it from now on.
WITH asn AS (
    INSERT INTO inventory.asn (merchant_id, code, node_id, received_at)
    VALUES (:merchant_id::int, :code::text, :node_id::int, :at::timestamptz)
    ON CONFLICT (merchant_id, code) DO NOTHING
    RETURNING merchant_id, asn_id, node_id
), came AS (
    SELECT a.merchant_id, a.asn_id, a.node_id, n.family_id, c.sku_id, c.announced, c.received,
        c.bin
    FROM asn AS a
    JOIN inventory.pool_node AS n ON (n.merchant_id, n.node_id) = (a.merchant_id, a.node_id)
    CROSS JOIN unnest(:sku_ids::bigint[], :announced::int[], :received::int[], :bins::text[])
        AS c (sku_id, announced, received, bin)
), line AS (
    INSERT INTO inventory.asn_line (merchant_id, asn_id, sku_id, announced, received)
    SELECT merchant_id, asn_id, sku_id, announced, received FROM came
), at_node AS (
    INSERT INTO inventory.node_stock AS s (merchant_id, node_id, sku_id, bin, on_hand)
    SELECT merchant_id, node_id, sku_id, bin, received FROM came ORDER BY sku_id
    ON CONFLICT (merchant_id, node_id, sku_id) DO UPDATE
    SET on_hand = s.on_hand + excluded.on_hand, bin = coalesce(nullif(excluded.bin, ''), s.bin)
), in_pool AS (
    INSERT INTO inventory.pool_stock AS s (merchant_id, pool_id, sku_id, on_hand)
    SELECT merchant_id, family_id, sku_id, received FROM came ORDER BY sku_id
    ON CONFLICT (merchant_id, pool_id, sku_id) DO UPDATE SET on_hand = s.on_hand + excluded.on_hand
), moved AS (
    INSERT INTO inventory.move (merchant_id, sku_id, quantity, from_account, from_holder,
                                to_account, to_holder, reason, subject_id, at)
    SELECT c.merchant_id, c.sku_id, c.received, 'outside', 0, leg.account, leg.holder,
        'receive', c.asn_id, :at::timestamptz
    FROM came AS c
    CROSS JOIN LATERAL (VALUES ('node_free', c.node_id), ('pool_available', c.family_id))
        AS leg (account, holder)
    WHERE c.received > 0
    ORDER BY c.sku_id, leg.account
)
SELECT asn_id FROM asn
