"""Counts of what a profile asks for, from the journeys themselves, and the scores they make."""
