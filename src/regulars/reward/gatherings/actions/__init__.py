"""Verbs of gatherings: plan, open, close and cancel one; invite and answer; check in."""

from .door import Arrival, check_in
from .places import Answer, answer, free_places_of, hold, invite
from .planning import cancel, change, close, close_over, create, open_up

__all__ = [
    "Answer", "Arrival", "answer", "cancel", "change", "check_in", "close", "close_over", "create", "free_places_of",
    "hold", "invite", "open_up",
]  # fmt: skip
