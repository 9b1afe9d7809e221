"""How vendors are reached: one port, one adapter a way of reaching them."""
