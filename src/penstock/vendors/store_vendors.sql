INSERT INTO vendors.vendor (vendor, title, role, gateway, endpoint, zone, vocabulary, joined_at)
SELECT v.*, :joined_at::timestamptz
FROM unnest(:vendors::text[], :titles::text[], :roles::text[], :gateways::text[],
            :endpoints::text[], :zones::text[], :vocabularies::text[]) AS v
ON CONFLICT (vendor) DO UPDATE
SET title = excluded.title, role = excluded.role, gateway = excluded.gateway,
    endpoint = excluded.endpoint, zone = excluded.zone, vocabulary = excluded.vocabulary
