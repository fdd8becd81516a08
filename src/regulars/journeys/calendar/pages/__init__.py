"""Pages of the communication calendar: month, week and list; the form of an entry."""

from . import editing, views

__all__ = ["editing", "views"]
