"""Pages of the staff that belong to no domain module."""

from . import settings_pages

__all__ = ["settings_pages"]
