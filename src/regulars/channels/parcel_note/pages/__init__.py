"""Staff pages of parcel notes: the pack bench, what came of the notes, what the shop affords."""

from . import bench, notes  # noqa: F401 - declare their pages by being imported
