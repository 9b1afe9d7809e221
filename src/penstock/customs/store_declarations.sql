INSERT INTO customs.declaration AS d (merchant_id, parcel_id, vendor, reference, jurisdiction,
    value_minor, duty_minor, vat_minor, vat_collected, fees_minor, currency, rules, warnings,
    prepared_at)
SELECT n.merchant_id, n.parcel_id, n.vendor, n.reference, n.jurisdiction, n.value_minor,
    n.duty_minor, n.vat_minor, n.vat_collected, n.fees_minor, n.currency,
    ARRAY(SELECT jsonb_array_elements_text(n.rules::jsonb)),
    ARRAY(SELECT jsonb_array_elements_text(n.warnings::jsonb)), :now::timestamptz
FROM unnest(:merchant_ids::int[], :parcel_ids::bigint[], :vendors::text[], :references::text[],
            :jurisdictions::text[], :value_minor::bigint[], :duty_minor::bigint[],
            :vat_minor::bigint[], :vat_collected::text[], :fees_minor::bigint[],
            :currencies::text[], :rules::text[], :warnings::text[])
    AS n (merchant_id, parcel_id, vendor, reference, jurisdiction, value_minor, duty_minor,
          vat_minor, vat_collected, fees_minor, currency, rules, warnings)
ORDER BY n.merchant_id, n.parcel_id
ON CONFLICT (merchant_id, parcel_id) DO UPDATE
    SET vendor = excluded.vendor, reference = excluded.reference,
        jurisdiction = excluded.jurisdiction, value_minor = excluded.value_minor,
        duty_minor = excluded.duty_minor, vat_minor = excluded.vat_minor,
        vat_collected = excluded.vat_collected, fees_minor = excluded.fees_minor,
        currency = excluded.currency, rules = excluded.rules, warnings = excluded.warnings,
        prepared_at = excluded.prepared_at
    WHERE d.lodged_at IS NULL
