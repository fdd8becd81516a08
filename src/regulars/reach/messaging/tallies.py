"""Kept numbers of messaging: what was sent."""

from regulars.core.tallies import keep

SENT = keep("sent", "messaging_message", owner="measure_id", columns=("sent_at",), when="{row}.sent_at IS NOT NULL")
"""Messages of a measure that were handed to the server."""
