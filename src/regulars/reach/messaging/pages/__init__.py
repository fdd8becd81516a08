"""Pages of messaging: one message as it was sent; templates with their editor, images and brand; rules of sending."""

from . import brand, editor, images, listing, messages, sending

__all__ = ["brand", "editor", "images", "listing", "messages", "sending"]
