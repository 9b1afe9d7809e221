-- 'operator' comes before 'shipped'.
SELECT terms::text AS terms
FROM merchants.policy
WHERE kind = :kind::text AND :day::date BETWEEN effective_from AND effective_to
ORDER BY origin, effective_from DESC, code
