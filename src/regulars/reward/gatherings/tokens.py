"""Tokens in a customer's link to a gathering, in the form of all mail tokens: which attendance, until when, signed."""

from datetime import datetime, timedelta

from regulars.reach.messaging import tokens

from .models import Attendance

PURPOSE = b"gathering"
FRIEND = b"gathering-friend"
UID = b"gathering-uid"
FOR_EVER = 2**32 - 1
AFTER = timedelta(days=60)
"""So long after its end a link still shows the gathering: thanks and photos come afterwards."""


def make(attendance_id: int, ends_at: datetime) -> str:
    """The token of an attendance; it ends some days after the gathering."""
    return tokens.make(PURPOSE, attendance_id, 0, int((ends_at + AFTER).timestamp()) // 3600)


def read(token: str, now: datetime) -> Attendance | None:
    """The attendance with its gathering, customer and shop; None where the token is not ours, too old, or its row gone."""
    return _row(tokens.read(PURPOSE, token, now))


def _row(said: tokens.Token | None) -> Attendance | None:
    if said is None or said.is_expired:
        return None
    rows = Attendance._base_manager.select_related("gathering", "customer", "shop")
    found: Attendance | None = rows.filter(pk=said.message, customer__erased_at=None).first()
    return found


def make_friends(attendance_id: int, starts_at: datetime) -> str:
    """The token of the link that a guest passes on; it ends when the gathering begins."""
    return tokens.make(FRIEND, attendance_id, 0, int(starts_at.timestamp()) // 3600 + 1)


def read_friends(token: str, now: datetime) -> Attendance | None:
    """The attendance of the guest who passed the link on; None where the token is not ours or too old."""
    return _row(tokens.read(FRIEND, token, now))


def number(token: str, now: datetime) -> int | None:
    """The attendance that a token names, without asking for it; None where the token is not ours or too old."""
    said = tokens.read(PURPOSE, token, now)
    return None if said is None or said.is_expired else said.message


def uid(attendance_id: int) -> str:
    """What a calendar knows the customer's appointment by, ever the same: only we can make it."""
    return f"gathering-{tokens.make(UID, attendance_id, 0, FOR_EVER)}"


def attendance_of(said: str, now: datetime) -> int | None:
    """The attendance of an appointment; None where its name is none of ours."""
    found = tokens.read(UID, said.partition("@")[0].removeprefix("gathering-"), now)
    return None if found is None else found.message
