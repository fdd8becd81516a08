"""Staff pages of gatherings: the list, one with its attendance, its form, the door."""

from . import door, planning, shown  # noqa: F401 - declare their pages by being imported
