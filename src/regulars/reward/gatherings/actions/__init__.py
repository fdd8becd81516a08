"""Verbs of gatherings: plan, open, close and cancel one; invite and answer; ask a friend; check in; thank afterwards."""

from .afterwards import MOST_PHOTOS, add_photo, remove_photo, thank
from .door import Arrival, check_in
from .friends import Friend, ask_friend, forget_friends, seen_by, show_name
from .places import Answer, answer, free_places_of, hold, invite
from .planning import cancel, change, close, close_over, create, open_up

__all__ = [
    "MOST_PHOTOS", "Answer", "Arrival", "Friend", "add_photo", "answer", "ask_friend", "cancel", "change",
    "check_in", "close", "close_over", "create", "forget_friends", "free_places_of", "hold", "invite", "open_up",
    "remove_photo", "seen_by", "show_name", "thank",
]  # fmt: skip
