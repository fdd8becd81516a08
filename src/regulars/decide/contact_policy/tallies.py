"""Kept numbers of the gate: its decisions by reason."""

from regulars.core.tallies import keep

DECISIONS = keep(
    "decisions", "contact_policy_decision", owner="measure_id", parts=("{row}.reason",), columns=("reason",)
)
"""Of a measure."""
