-- What is on a floor is a small part of what is under way: whoever looks for it finds it at once.
CREATE INDEX subject_on_floor ON lifecycle.subject (status)
    WHERE kind = 'fulfilment_order' AND status IN ('released', 'picked', 'packed');
