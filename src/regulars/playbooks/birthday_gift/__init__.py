"""A gift on the customer's birthday."""
