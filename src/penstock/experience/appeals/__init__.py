"""Appeals: orders that a merchant says should not count against it, and what was decided."""
