"""One SMS over the wire, and what the answer means. Nothing here touches the database.

*deferred* only where it is certain that the provider did not take it: it was never reached, or said so. Where the line
broke after the message was on its way, or a gateway answered in the provider's place, nobody knows.
"""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings

from regulars.core import outbound
from regulars.reach.messaging.channel import State

from .providers import Provider

TIMEOUT = 20.0
MOST = 64_000
"""Octets of an answer that are read."""
OF_THE_ACCOUNT = frozenset({401, 402, 403, 404, 405})
NOT_NOW = frozenset({408, 409, 425, 429, 500, 501, 503})
LONGEST_PAUSE = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Line:
    """How an account is reached, with its secret opened. may_be_private: the installation allows it."""

    provider: Provider
    url: str
    user: str
    secret: str
    sender: str
    fields: Mapping[str, str]
    callback: str


@dataclass(frozen=True, slots=True)
class Answer:
    """state, code, text, again_at: as in Outcome. reference: the provider's name of the message.

    is_about_the_account: the others of the batch need not be tried over this account now.
    """

    state: State
    code: int
    text: str
    reference: str = ""
    is_dead: bool = False
    is_about_the_account: bool = False
    again_at: datetime | None = None


def post(line: Line, to: str, text: str, message_id: str, now: datetime) -> Answer:
    """Hands one message over. Never raises for what the other side does."""
    body, kind = _body(line, to, text, message_id)
    headers = {
        "Content-Type": kind, "Accept": "application/json", "User-Agent": "Regulars", "Idempotency-Key": message_id,
        **_authorised(line),
    }  # fmt: skip
    sent: list[bool] = []
    try:
        reply = outbound.exchange(
            "POST", line.url.replace("{user}", quote(line.user, safe="")), headers, body,
            may_be_private=settings.REGULARS_PRIVATE_WEBHOOKS or not line.provider.is_open,
            timeout=TIMEOUT, most=MOST, on_sending=lambda: sent.append(True),
        )  # fmt: skip
    except outbound.PrivateAddress:
        return Answer(State.DEFERRED, 0, "the address lies in a private network", is_about_the_account=True)
    except outbound.FAILURES as error:
        if sent:
            return Answer(State.UNCERTAIN, 0, "the line broke after the message was on its way")
        words = f"the provider cannot be reached: {type(error).__name__}"
        return Answer(State.DEFERRED, 0, words, is_about_the_account=True)
    return meaning(line.provider, reply, now)


def _body(line: Line, to: str, text: str, message_id: str) -> tuple[bytes, str]:
    own = {
        "to": to, "text": text, "sender": line.sender, "reference": message_id, "callback": line.callback,
    }  # fmt: skip
    said = {line.fields[name]: value for name, value in own.items() if line.fields.get(name) and value}
    if line.provider.encoding == "form":
        return urlencode(said).encode(), "application/x-www-form-urlencoded"
    return json.dumps(said, ensure_ascii=False).encode(), "application/json"


def _authorised(line: Line) -> dict[str, str]:
    auth = line.provider.auth
    if auth not in ("basic", "bearer"):
        return {auth: line.secret}
    if line.user:
        pair = b64encode(f"{line.user}:{line.secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}
    return {"Authorization": f"Bearer {line.secret}"} if line.secret else {}


def meaning(provider: Provider, reply: outbound.Reply, now: datetime) -> Answer:
    """What an answer says about the message."""
    code, said = reply.status, _read(reply.body)
    text = _words(said) or f"{code}"
    vendor = next((str(said[name]) for name in provider.codes if said.get(name) not in (None, "")), "")
    if code < 300:
        wrong = provider.trouble(said)
        if not wrong:
            reference = _at(said, provider.reference)
            return Answer(State.ACCEPTED, code, f"taken as {reference}" if reference else "taken", reference)
        if wrong in provider.dead:
            return Answer(State.REFUSED, code, f"the provider says {wrong}", is_dead=True)
        return Answer(State.DEFERRED, code, f"the provider says {wrong}", is_about_the_account=True)
    if vendor in provider.dead:
        return Answer(State.REFUSED, code, text, is_dead=True)
    if vendor in provider.unwilling:
        return Answer(State.REFUSED, code, text)
    if code < 400 or code in OF_THE_ACCOUNT:
        return Answer(State.DEFERRED, code, text, is_about_the_account=True)
    if code in NOT_NOW:
        return Answer(State.DEFERRED, code, text, is_about_the_account=code == 429, again_at=_again(reply, now))
    if code < 500:
        return Answer(State.REFUSED, code, text)
    return Answer(State.UNCERTAIN, code, text)


def _again(reply: outbound.Reply, now: datetime) -> datetime | None:
    """When the other side wants to be asked again (RFC 9110, 10.2.3): seconds, or a date; six hours at most."""
    said = reply.retry_after.strip()
    if said.isdecimal():
        return now + min(timedelta(seconds=min(int(said), 10**6)), LONGEST_PAUSE)
    try:
        at = parsedate_to_datetime(said) if said else None
    except ValueError:
        at = None
    return min(at, now + LONGEST_PAUSE) if at is not None and at.tzinfo is not None and at > now else None


def _read(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _at(said: Any, path: Sequence[str]) -> str:
    for name in path:
        if isinstance(said, list):
            said = said[int(name)] if name.isdecimal() and int(name) < len(said) else None
        else:
            said = said.get(name) if isinstance(said, dict) else None
    return str(said)[:120] if path and isinstance(said, str | int) else ""


def _words(said: Mapping[str, Any]) -> str:
    for name in ("message", "detail", "error", "title", "error_text"):
        if isinstance(said.get(name), str) and said[name].strip():
            return " ".join(str(said[name]).split())[:200]
    return ""
