"""Pages of the communication calendar: month, week and list; the form of an entry; a file brought in."""

from . import editing, feed, importing, moving, views

__all__ = ["editing", "feed", "importing", "moving", "views"]
