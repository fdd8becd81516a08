"""What a provider reports, as news: Anymail reads the dialects, our own cut says hard or soft."""

import base64
import binascii
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.signals import EventType, RejectReason
from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from django.http import HttpRequest

from regulars.reach.messaging.actions import News
from regulars.reach.messaging.incoming import is_dead

from .mail import number_in
from .providers import Provider, Report

KINDS = {
    EventType.DELIVERED: "delivered",
    EventType.BOUNCED: "bounced",
    EventType.REJECTED: "bounced",
    EventType.FAILED: "bounced",
    EventType.DEFERRED: "late",
    EventType.COMPLAINED: "complained",
    EventType.UNSUBSCRIBED: "unsubscribed",
}
"""Opens and clicks are not among them: Regulars counts its own, of those who agreed."""
ABOUT_THE_CONTENT = "5.6.0"
_OLDEST = 300
"""Seconds that a signed report may be old or early."""


class Unreadable(SuspiciousOperation):
    """The call is no report of this provider, or not signed as it should be."""


def news_in(provider: Provider, request: HttpRequest, signing_key: str, now: datetime) -> list[News]:
    """The news in a call. signing_key: "" where the address alone says who calls. Raises Unreadable."""
    try:
        reader = _reader(provider, signing_key)
        if signing_key and provider.key == "resend":
            _check_svix(request, signing_key, now)
        elif signing_key:
            reader.run_validators(request)
        events = reader.parse_events(request)
        return [news for event in events if (news := _news(provider, event)) is not None]
    except (AnymailError, AnymailWebhookValidationFailure, ImproperlyConfigured) as error:
        raise Unreadable(type(error).__name__) from None
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise Unreadable(type(error).__name__) from None


def _reader(provider: Provider, signing_key: str) -> Any:
    options: dict[str, Any] = {"webhook_secret": ["-"]}  # of Anymail's basic authentication, which is not used
    if provider.key == "mailgun":
        options["webhook_signing_key"] = signing_key or "-"  # it wants one even where nothing is checked with it
    elif signing_key and provider.key == "sendgrid":
        options[provider.signing_option] = signing_key
    reader = provider.reader(**options)
    reader.basic_auth = []
    return reader


def _check_svix(request: HttpRequest, signing_key: str, now: datetime) -> None:
    """Resend's signature (Standard Webhooks 1.0): HMAC-SHA256 over id, time and body."""
    number, at = request.headers.get("svix-id", ""), request.headers.get("svix-timestamp", "")
    if not at.isdecimal() or abs(now.timestamp() - int(at)) > _OLDEST:
        raise Unreadable("old")
    try:
        key = base64.b64decode(signing_key.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise Unreadable("key") from None
    digest = hmac.digest(key, f"{number}.{at}.".encode() + request.body, hashlib.sha256)
    right = f"v1,{base64.b64encode(digest).decode()}".encode()
    given = request.headers.get("svix-signature", "").encode("utf-8", "replace").split()
    if not any(hmac.compare_digest(right, one) for one in given):
        raise Unreadable("signature")


def _news(provider: Provider, event: Any) -> News | None:
    kind = KINDS.get(event.event_type)
    if kind is None:
        return None
    if event.event_type == EventType.REJECTED and event.reject_reason == RejectReason.UNSUBSCRIBED:
        kind = "unsubscribed"
    number = number_in(event.metadata or {})
    report = event.esp_event if isinstance(event.esp_event, dict) else {}
    words = str(event.mta_response or "")
    status, code = provider.status(report)
    if event.event_type == EventType.FAILED:
        status = ABOUT_THE_CONTENT
    return News(
        key=_key(provider, event, number),
        kind=kind,
        is_dead=kind == "bounced" and _is_dead(provider, event, report, words, status, code),
        message_ids=(str(event.message_id).strip("<>"),) if event.message_id else (),
        numbers=(number,) if number else (),
        source=provider.key,
        status=status,
        said=words or str(event.description or report.get("error") or event.reject_reason or ""),
    )


def _is_dead(provider: Provider, event: Any, report: Report, words: str, status: str, code: int) -> bool:
    """The mail server's own words where there are any, else the provider's judgement of the address."""
    if event.event_type == EventType.FAILED:
        return False
    if event.reject_reason == RejectReason.INVALID:
        return True
    if words or status:
        return is_dead(words, status=status, code=code)
    return provider.is_hard(report)


def _key(provider: Provider, event: Any, number: int | None) -> str:
    """The same for the same report, however often it comes: not of its signature, which is new each time."""
    at = event.timestamp.isoformat() if event.timestamp else event.event_id
    said = [event.event_type, number, event.message_id, str(event.recipient or "").lower(), at]
    return f"{provider.key}:{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:40]}"
