"""Say in time that a product will be used up."""
