"""Kinds of steps, one file each; found by folder."""
