"""A dated promise: when an order must leave its node and when it must be at the door."""
