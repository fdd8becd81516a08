"""Variables that kinds of blocks bring, and what is new in the shop: they declare them beside themselves."""

from . import blocks, novelties  # noqa: F401 - declares them by being imported
