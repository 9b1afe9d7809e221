"""Formulas of scores, each a file of data in this folder, and what such a file must obey."""
