"""Pages of the communication calendar: month, week and list; the form of an entry; a file brought in; the address for calendar
programs; gaps and collisions by segment."""

from . import balance, editing, feed, importing, moving, views

__all__ = ["balance", "editing", "feed", "importing", "moving", "views"]
