INSERT INTO vendors.meaning (vocabulary, topic, code, event, fault, reason, stored_at)
SELECT m.*, :now::timestamptz
FROM unnest(:vocabularies::text[], :topics::text[], :codes::text[], :events::text[],
            :faults::text[], :reasons::text[]) AS m
