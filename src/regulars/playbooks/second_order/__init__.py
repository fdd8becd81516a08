"""Bring first-time buyers back for a second order."""
