-- The one that marks the invitation as answered writes the answers: sent twice at once, they are
-- taken once.
WITH taken AS (
    UPDATE experience.invitation AS i
    SET answered_at = :now::timestamptz
    WHERE (i.merchant_id, i.invitation_id) = (:merchant_id::int, :invitation_id::bigint)
        AND i.answered_at IS NULL AND i.expires_at > :now::timestamptz
    RETURNING i.merchant_id, i.invitation_id
)
INSERT INTO experience.answer (merchant_id, invitation_id, item, value)
SELECT t.merchant_id, t.invitation_id, a.item, a.value
FROM taken AS t
CROSS JOIN unnest(:items::text[], :values::int[]) AS a (item, value)
ORDER BY a.item
RETURNING invitation_id
