"""Say thank you after an order."""
