"""Pages of campaigns: the list, the composer, and what came of one."""

from . import composer, listing, result

__all__ = ["composer", "listing", "result"]
