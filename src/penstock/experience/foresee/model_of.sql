SELECT model FROM experience.foresight WHERE profile = :profile::text
