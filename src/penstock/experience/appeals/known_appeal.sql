SELECT a.appeal_id, a.body_sha256, a.answer_by_at,
    array(SELECT DISTINCT o.order_ref FROM experience.appeal_order AS o
          WHERE (o.merchant_id, o.appeal_id) = (a.merchant_id, a.appeal_id)) AS order_refs
FROM experience.appeal AS a
WHERE (a.merchant_id, a.request_key) = (:merchant_id::int, :request_key::text)
