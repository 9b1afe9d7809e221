SELECT DISTINCT profile FROM experience.score WHERE day >= :since::date ORDER BY profile
