"""Staff pages of gatherings: the list, one with its attendance, its form, the door, afterwards."""

from . import afterwards, door, planning, shown  # noqa: F401 - declare their pages by being imported
