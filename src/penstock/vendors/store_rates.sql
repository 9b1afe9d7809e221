INSERT INTO vendors.rate (vendor, node_id, country, service, weight_to_g, fee_minor, currency,
                          transit_days, parcels_per_day, effective_from, effective_to)
SELECT vendor, node_id, country, service, weight_to_g, fee_minor, currency, transit_days,
    parcels_per_day, effective_from, coalesce(effective_to, 'infinity')
FROM unnest(:vendors::text[], :node_ids::int[], :countries::text[], :services::text[],
            :weights_to_g::int[], :fees_minor::bigint[], :currencies::text[],
            :transit_days::int[], :parcels_per_day::int[], :effective_from::date[],
            :effective_to::date[])
    AS r (vendor, node_id, country, service, weight_to_g, fee_minor, currency, transit_days,
          parcels_per_day, effective_from, effective_to)
ON CONFLICT (vendor, node_id, country, service, weight_to_g, effective_from) DO UPDATE
SET fee_minor = excluded.fee_minor, currency = excluded.currency,
    transit_days = excluded.transit_days, parcels_per_day = excluded.parcels_per_day,
    effective_to = excluded.effective_to
