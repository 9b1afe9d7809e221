"""Tracking: what vendors say happened, in one vocabulary, and what should be looked at."""
