UPDATE merchants.policy
SET effective_to = coalesce(:effective_to::date, 'infinity'),
    ended_because = CASE WHEN :effective_to::date IS NULL THEN '' ELSE :because::text END,
    because = CASE WHEN :effective_to::date IS NULL THEN :because::text ELSE because END,
    decided_by = :decided_by::text,
    decided_at = :decided_at::timestamptz
WHERE (code, effective_from) = (:code::text, :effective_from::date)
RETURNING effective_from
