"""Put a handwritten card into a few parcels, by lot within a budget."""
