"""Money as double entry: what is posted, once; statements; and an audit against the stages."""
