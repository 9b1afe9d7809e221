INSERT INTO streams.admission AS a (merchant_id, stream_id, sku_id, per_minute, valid_s, credit,
                                    credited_at)
VALUES (:merchant_id::int, :stream_id::bigint, :sku_id::bigint, :per_minute::int, :valid_s::int,
        1, :now::timestamptz)
ON CONFLICT (merchant_id, stream_id, sku_id) DO UPDATE
SET per_minute = excluded.per_minute, valid_s = excluded.valid_s, open = true
