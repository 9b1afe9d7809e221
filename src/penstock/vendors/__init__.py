"""Vendors: who they are, what their contract says, and how well they keep it."""
