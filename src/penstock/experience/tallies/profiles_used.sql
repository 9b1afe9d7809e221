SELECT DISTINCT u.profile FROM experience.profile_use AS u ORDER BY u.profile
