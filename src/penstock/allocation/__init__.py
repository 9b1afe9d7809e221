"""Which node serves which line of which order, and why."""
