"""One file a command, found by folder; the surface is described in `regulars.run.surface`."""
