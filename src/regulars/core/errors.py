"""Errors a person can act on."""


class Refused(Exception):
    """What was asked cannot be done as asked: the text names the place and the remedy. Commands exit 1, pages show it."""


class LeaseLost(Exception):
    """Another worker took the rows over while this one was busy: what this one did is rolled back."""
