SELECT effective_from
FROM merchants.policy
WHERE (code, effective_from) = (:code::text, :effective_from::date)
