SELECT vocabulary, topic, code, event, fault, reason
FROM vendors.meaning
WHERE :vocabularies::text[] IS NULL OR vocabulary = ANY (:vocabularies::text[])
ORDER BY vocabulary, topic, code
