WITH wish AS (
    SELECT *, row_number() OVER (
            PARTITION BY merchant_id, subject_id, reason, debit_account, credit_account
            ORDER BY position) AS time
    FROM unnest(:merchant_ids::int[], :debit_accounts::text[], :credit_accounts::text[],
                :amounts_minor::bigint[], :currencies::text[], :reasons::text[],
                :subject_ids::bigint[])
        WITH ORDINALITY AS w (merchant_id, debit_account, credit_account, amount_minor, currency,
                              reason, subject_id, position)
), posted AS (
    INSERT INTO ledger.transfer (merchant_id, debit_account, credit_account, amount_minor,
                                 currency, reason, subject_id, at)
    SELECT merchant_id, debit_account, credit_account, amount_minor, currency, reason, subject_id,
        :at::timestamptz
    FROM wish
    WHERE time = 1
    ORDER BY merchant_id, position
    ON CONFLICT ON CONSTRAINT posted_once DO NOTHING
    RETURNING merchant_id, debit_account, credit_account, amount_minor, currency, reason,
        subject_id
), there AS (
    SELECT *, true AS fresh FROM posted
    UNION ALL
    SELECT t.merchant_id, t.debit_account, t.credit_account, t.amount_minor, t.currency, t.reason,
        t.subject_id, false
    FROM wish AS w
    JOIN ledger.transfer AS t
        ON (t.merchant_id, t.subject_id, t.reason, t.debit_account, t.credit_account)
            = (w.merchant_id, w.subject_id, w.reason, w.debit_account, w.credit_account)
    WHERE w.time = 1
)
-- What a rival posted at this very moment is not visible yet, and counts as repeated.
SELECT (w.position - 1)::int AS position,
    CASE WHEN (t.amount_minor, t.currency) <> (w.amount_minor, w.currency) THEN 'differs'
         WHEN t.fresh AND w.time = 1 THEN 'posted'
         ELSE 'repeated' END AS outcome
FROM wish AS w
LEFT JOIN there AS t
    ON (t.merchant_id, t.subject_id, t.reason, t.debit_account, t.credit_account)
        = (w.merchant_id, w.subject_id, w.reason, w.debit_account, w.credit_account)
ORDER BY w.position
