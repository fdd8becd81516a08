"""Errors a person can act on."""


class Refused(Exception):
    """What was asked cannot be done as asked: the text names the place and the remedy. Commands exit 1, pages show it.

    code: the reason for programs, stable and untranslated.
    """

    def __init__(self, text: str, *, code: str = "refused") -> None:
        super().__init__(text)
        self.code = code


class LeaseLost(Exception):
    """Another worker took the rows over while this one was busy: what this one did is rolled back."""
