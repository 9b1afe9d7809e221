"""Counts that are kept as differences by day, and the daily scores they make."""
