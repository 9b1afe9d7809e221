INSERT INTO vendors.pickup (vendor, node_id, cut_off)
SELECT p.* FROM unnest(:vendors::text[], :node_ids::int[], :cut_offs::time[]) AS p
ON CONFLICT (vendor, node_id) DO UPDATE SET cut_off = excluded.cut_off
