"""Kept numbers of segments: the profiles of a shop, and those whom it may write to."""

from regulars.core.tallies import keep

PROFILES = keep("profiles", "segments_customerprofile", owner="shop_id")
"""Of a shop."""
REACHABLE = keep(
    "reachable",
    "segments_customerprofile",
    owner="shop_id",
    columns=("may_email", "has_objected"),
    when="{row}.may_email AND NOT {row}.has_objected",
)
"""Of a shop: who agreed to mails and did not object."""
