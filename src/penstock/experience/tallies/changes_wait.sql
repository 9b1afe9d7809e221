SELECT EXISTS (SELECT FROM experience.change)
