DELETE FROM vendors.meaning WHERE vocabulary = ANY (:vocabularies::text[])
