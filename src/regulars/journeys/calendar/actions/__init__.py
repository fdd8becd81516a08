"""Verbs of the communication calendar: add, change, move, cancel an entry; take a file in; feeds; numbers by day."""

from .counting import count_days, note_audiences
from .editing import add, cancel, change
from .feeds import make_feed, note_reading, renew_feed, stop_feed
from .importing import Imported, check_size, import_ics
from .moving import move, move_announcement, move_by

__all__ = [
    "Imported", "add", "cancel", "change", "check_size", "count_days", "import_ics", "make_feed", "move", "move_announcement",
    "move_by", "note_audiences", "note_reading", "renew_feed", "stop_feed",
]  # fmt: skip
