"""Moves everything that nobody outside moves, as `journey.py` declares it."""
