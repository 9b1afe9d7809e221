"""Shipping: which carrier, a label bought once, the manifest, and the hand-over at the dock."""
