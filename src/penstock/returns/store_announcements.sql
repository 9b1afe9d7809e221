UPDATE returns.rma AS r
SET vendor = a.vendor,
    label_reference = a.label_reference,
    fee_minor = a.fee_minor,
    fee_currency = a.fee_currency
FROM unnest(:merchant_ids::int[], :return_ids::bigint[], :vendors::text[],
            :label_references::text[], :fee_minor::bigint[], :fee_currencies::text[])
    AS a (merchant_id, return_id, vendor, label_reference, fee_minor, fee_currency)
WHERE (r.merchant_id, r.return_id) = (a.merchant_id, a.return_id)
