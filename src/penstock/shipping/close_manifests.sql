UPDATE shipping.manifest AS m
SET closed_at = CASE WHEN a.refused_because IS NULL THEN :now::timestamptz END,
    vendor_reference = a.vendor_reference,
    refused_because = a.refused_because
FROM unnest(:manifests::text[], :vendor_references::text[], :refused_because::text[])
    AS a (manifest, vendor_reference, refused_because)
WHERE m.manifest = a.manifest AND m.closed_at IS NULL AND m.refused_because IS NULL
