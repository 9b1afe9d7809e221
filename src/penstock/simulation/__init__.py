"""People, vendors and trouble in virtual time, acting through the same API as real ones."""
