"""Staff pages of letters: what waits, batches, the paper."""

from . import letters, paper  # noqa: F401 - declare their pages by being imported
