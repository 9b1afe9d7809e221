-- What was answered in a round (or in all), one row a respondent; and how many were asked.
SELECT i.audience, i.questionnaire, i.version, count(*) FILTER (WHERE i.answered_at IS NULL) AS open,
    coalesce(jsonb_agg(a.given ORDER BY i.merchant_id, i.invitation_id)
        FILTER (WHERE i.answered_at IS NOT NULL), '[]')::text AS answers
FROM experience.invitation AS i
LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(x.item, x.value) AS given
    FROM experience.answer AS x
    WHERE (x.merchant_id, x.invitation_id) = (i.merchant_id, i.invitation_id)
) AS a ON true
WHERE (:merchant::int IS NULL OR i.merchant_id = :merchant::int)
    AND (:round::text IS NULL OR i.round = :round::text)
GROUP BY i.audience, i.questionnaire, i.version
ORDER BY i.audience, i.questionnaire, i.version
