"""Variables that kinds of blocks bring: they declare them beside themselves."""

from . import blocks  # noqa: F401 - declares them by being imported
