"""The floor: what is released to it, picked, put into cartons and packed, scan by scan."""
