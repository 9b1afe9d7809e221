"""Livestreams: time, host, stock that is ring-fenced for them and given back after them."""
