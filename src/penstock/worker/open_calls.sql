SELECT DISTINCT step FROM worker.call WHERE outcome IS NULL AND intended_at <= :now::timestamptz
