"""Kinds of triggers, one file each; found by folder."""
