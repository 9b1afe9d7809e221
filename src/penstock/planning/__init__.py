"""What is expected, so that stock, people and vans are there before the orders are."""
