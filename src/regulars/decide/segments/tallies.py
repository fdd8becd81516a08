"""Kept numbers of segments: the profiles of a shop."""

from regulars.core.tallies import keep

PROFILES = keep("profiles", "segments_customerprofile", owner="shop_id")
"""Of a shop."""
