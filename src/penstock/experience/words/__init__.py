"""The words in which a profile speaks: each said once, read by PostgreSQL and by Python."""
