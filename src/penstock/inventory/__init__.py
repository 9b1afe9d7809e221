"""Stock: a double-entry ledger with counters, pools that sell, nodes that hold."""
