"""Celebrate the day of the first order, each year."""
