"""Tokens in confirmation mails, in the form of all mail tokens: which sign-up, until when, signed."""

from datetime import datetime

from regulars.reach.messaging import tokens


def make(signup_id: int, now: datetime) -> str:
    """The token that confirms a sign-up."""
    return tokens.make(tokens.CONFIRM, signup_id, 0, tokens.expiry_hour(tokens.CONFIRM, now))


def read(token: str, now: datetime) -> int | None:
    """The sign-up, or None where the token is not ours or too old."""
    said = tokens.read(tokens.CONFIRM, token, now)
    return None if said is None or said.is_expired else said.message
