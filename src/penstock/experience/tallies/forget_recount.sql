DELETE FROM experience.recount
