"""Kept numbers of gatherings: answers by status, and who was there."""

from regulars.core.tallies import keep

ANSWERS = keep(
    "gathering_answers", "gatherings_attendance", owner="gathering_id", parts=("{row}.status",), columns=("status",)
)
"""Of a gathering, customers by status."""
ATTENDED = keep(
    "gathering_attended",
    "gatherings_attendance",
    owner="gathering_id",
    columns=("checked_in_at",),
    when="{row}.checked_in_at IS NOT NULL",
)
"""Of a gathering, customers who were checked in."""
