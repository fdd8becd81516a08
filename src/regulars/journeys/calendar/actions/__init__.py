"""Verbs of the communication calendar: add, change, move, cancel an entry; take a file in."""

from .editing import add, cancel, change, move
from .importing import Imported, check_size, import_ics

__all__ = ["Imported", "add", "cancel", "change", "check_size", "import_ics", "move"]
