"""One message handed over to a provider, and what its answer means. Nothing here touches the database.

A message is handed over at most once: *deferred* only where it is certain that the provider did not take it. Where
the line broke after the message was on its way, or a gateway answered in the provider's place, nobody knows.
"""

import ssl
from dataclasses import dataclass
from typing import Any

import requests
from anymail.exceptions import AnymailError, AnymailInvalidAddress, AnymailRecipientsRefused, AnymailRequestsAPIError
from urllib3.exceptions import MaxRetryError, NewConnectionError

from regulars.reach.messaging.channel import State

OF_THE_ACCOUNT = frozenset({401, 402, 403, 404, 405})
"""Said of the key, the bill, the domain: no message of the shop can go out, so that none is to blame."""
NOT_NOW = frozenset({408, 409, 425, 429, 500, 501, 503})
SLOW_DOWN = 429
_BEFORE = (
    requests.ConnectTimeout,
    requests.TooManyRedirects,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidHeader,
)
REFUSED_RECIPIENT = 550
"""SMTP's code for it (RFC 5321): what counts refusals of an address reads SMTP's codes."""


@dataclass(frozen=True)
class Answer:
    """state, code, text: as in Outcome. is_about_the_account: the others of the batch need not be tried now."""

    state: State
    code: int
    text: str
    is_address_dead: bool = False
    is_about_the_account: bool = False
    is_too_fast: bool = False


def hand_over(backend: Any, mail: Any) -> Answer:
    """Hands one mail to an opened sender of Anymail. Never raises for what the provider does."""
    try:
        backend.send_messages([mail])
    except AnymailRecipientsRefused:
        return _refused(mail)
    except AnymailInvalidAddress:
        return Answer(State.REFUSED, 0, "this is no e-mail address", is_address_dead=True)
    except AnymailRequestsAPIError as error:
        if error.response is None or isinstance(error.__cause__, requests.TooManyRedirects):
            return _line_broke(error.__cause__)
        return _answered(error.response)
    except AnymailError as error:
        return Answer(State.REFUSED, 0, f"the mail cannot be put as the provider wants it: {type(error).__name__}")
    status, response = mail.anymail_status, mail.anymail_status.esp_response
    # One recipient, but perhaps two spellings of the address: what was sent and what the provider made of it.
    if {"sent", "queued"} & set(status.status or ()):
        ids = [one.message_id for one in status.recipients.values() if one.message_id]
        return Answer(State.ACCEPTED, response.status_code, f"taken as {ids[0]}"[:200] if ids else "taken")
    if response is not None and response.status_code >= 400:
        return _answered(response)
    return Answer(State.UNCERTAIN, 0, "the provider did not say whether it took the mail")


def _refused(mail: Any) -> Answer:
    """The recipient: as no address at all, or because it stands on the provider's list of those not to be written to."""
    response = mail.anymail_status.esp_response
    words = _words(response) if response is not None else ""
    if "invalid" in (mail.anymail_status.status or ()):
        return Answer(State.REFUSED, REFUSED_RECIPIENT, words or "invalid address", is_address_dead=True)
    return Answer(State.REFUSED, REFUSED_RECIPIENT, words or "the provider does not write to this address")


def _answered(response: requests.Response) -> Answer:
    code, text = response.status_code, _words(response)
    if code < 300:
        return Answer(State.UNCERTAIN, code, "the provider's answer was not understood")
    if code in OF_THE_ACCOUNT or code < 400:
        return Answer(State.DEFERRED, code, text, is_about_the_account=True)
    if code in NOT_NOW:
        return Answer(State.DEFERRED, code, text, is_too_fast=code == SLOW_DOWN)
    if code < 500:
        return Answer(State.REFUSED, code, text)
    return Answer(State.UNCERTAIN, code, text)


def _line_broke(cause: BaseException | None) -> Answer:
    if _was_never_reached(cause):
        return Answer(State.DEFERRED, 0, f"the provider cannot be reached: {type(cause).__name__}")
    return Answer(State.UNCERTAIN, 0, "the line broke after the message was on its way")


def _was_never_reached(cause: BaseException | None) -> bool:
    if isinstance(cause, _BEFORE):
        return True
    reason = cause.args[0] if isinstance(cause, requests.ConnectionError) and cause.args else None
    inner = reason.reason if isinstance(reason, MaxRetryError) else reason
    if isinstance(inner, NewConnectionError):
        return True
    return any(isinstance(one, ssl.SSLCertVerificationError) for one in getattr(inner, "args", ()))


def _words(response: requests.Response) -> str:
    """What the provider says, from the places where they put it; at most 200 characters."""
    try:
        said = response.json()
    except ValueError:
        said = {}
    return (_message_in(said) or f"{response.status_code} {response.reason or ''}".strip())[:200]


def _message_in(said: Any) -> str:
    if isinstance(said, str):
        return " ".join(said.split())
    if isinstance(said, list):
        return next((found for one in said if (found := _message_in(one))), "")
    if isinstance(said, dict):
        named = ("message", "Message", "ErrorMessage", "description", "error", "errors", "Errors", "Messages")
        return next((found for name in named if name in said and (found := _message_in(said[name]))), "")
    return ""
