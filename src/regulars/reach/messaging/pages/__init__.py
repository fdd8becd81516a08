"""Pages of messaging: one message as it was sent; templates with their editor, images and brand."""

from . import brand, editor, images, listing, messages

__all__ = ["brand", "editor", "images", "listing", "messages"]
