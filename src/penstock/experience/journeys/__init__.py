"""What happened to orders: milestones, promises and faults, one journey an order."""
