"""What is known of SMS providers: how each wants a message, what its answer means, how it reports. One entry each."""

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha1, sha256
from typing import Any

from django.utils.translation import gettext_lazy as _

DELIVERED, FAILED, DEAD, REPLY = "delivered", "failed", "dead", "reply"

Said = Mapping[str, Any]


_KEY, _SENDER = _("Key"), _("Sender")


@dataclass(frozen=True, slots=True)
class Report:
    """One thing that a provider reports. kind: delivered, failed, dead (nobody has this number), reply.

    reference: the provider's name of the message. own: ours, where it gives it back. sender, text: of a reply. key: the same
    for the same report.
    """

    kind: str
    key: str
    reference: str = ""
    own: str = ""
    sender: str = ""
    text: str = ""


@dataclass(frozen=True)
class Provider:
    """encoding: json or form. auth: basic (user and secret), bearer, or the name of a header that carries the secret.

    fields: our names (to, text, sender, reference, callback) → the provider's. reference: where in its answer it names the
    message. trouble: what an answer of success says against it, "" for nothing: some answer 200 to everything. dead: its
    codes for numbers that nobody has. reports: what a call to our address says. signature: whether such a call is signed as
    it should be, given the address, the form, the body, the headers and the secret.
    """

    key: str
    name: Any
    url: str
    fields: Mapping[str, str]
    reports: Callable[[Said], list[Report]]
    encoding: str = "json"
    auth: str = "bearer"
    user_label: Any = ""
    secret_label: Any = _KEY
    sender_label: Any = _SENDER
    is_open: bool = False
    reference: Sequence[str] = ("id",)
    trouble: Callable[[Said], str] = lambda said: ""
    codes: Sequence[str] = ("code", "error_code", "error")
    dead: frozenset[str] = frozenset()
    unwilling: frozenset[str] = frozenset()
    signature: Callable[[str, Said, bytes, Mapping[str, str], str], bool] | None = None
    note: Any = ""


def _text(said: Said, *names: str) -> str:
    for name in names:
        if said.get(name) not in (None, ""):
            return str(said[name])
    return ""


_GENERIC = {
    "delivered": DELIVERED, "failed": FAILED, "undelivered": FAILED, "rejected": FAILED, "expired": FAILED,
    "unknown_subscriber": DEAD,
}  # fmt: skip


def _generic_reports(said: Said) -> list[Report]:
    reference, own = _text(said, "id"), _text(said, "reference")
    if _text(said, "from") and "text" in said:
        return [
            Report(REPLY, _text(said, "id") or _text(said, "text"), sender=_text(said, "from"), text=str(said["text"]))
        ]
    kind = _GENERIC.get(_text(said, "status").lower())
    return [Report(kind, f"{reference or own}:{kind}", reference, own)] if kind else []


def _generic_signature(address: str, form: Said, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
    """`X-Signature`, hexadecimal HMAC-SHA256 of the body under the key; a call without one is known by its address."""
    given = headers.get("X-Signature")
    return given is None or hmac.compare_digest(hmac.digest(secret.encode(), body, sha256).hex(), given.strip().lower())


_TWILIO = {"delivered": DELIVERED, "undelivered": FAILED, "failed": FAILED}
_TWILIO_DEAD = frozenset({"21211", "21614", "21217", "30005"})


def _twilio_reports(said: Said) -> list[Report]:
    sid = _text(said, "MessageSid", "SmsSid")
    if "Body" in said:
        return [Report(REPLY, sid, sender=_text(said, "From"), text=str(said["Body"]))]
    kind = _TWILIO.get(_text(said, "MessageStatus", "SmsStatus"))
    if kind == FAILED and _text(said, "ErrorCode") in _TWILIO_DEAD:
        kind = DEAD
    return [Report(kind, f"{sid}:{kind}", sid, text=_text(said, "ErrorCode"))] if kind else []


def _twilio_signature(address: str, form: Said, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
    """HMAC-SHA1 under the token over the address, followed by each name and value of the form by name."""
    said = address + "".join(f"{name}{form[name]}" for name in sorted(form))
    right = b64encode(hmac.digest(secret.encode(), said.encode(), sha1)).decode()
    return hmac.compare_digest(right, headers.get("X-Twilio-Signature", ""))


_SEVEN = {"DELIVERED": DELIVERED, "NOTDELIVERED": FAILED, "FAILED": FAILED, "REJECTED": FAILED, "EXPIRED": FAILED}
_SEVEN_WRONG_NUMBER = frozenset({"202", "308"})


def _seven_reports(said: Said) -> list[Report]:
    data = said.get("data")
    if not isinstance(data, Mapping):
        return []
    if said.get("webhook_event") == "sms_mo":
        return [Report(REPLY, _text(data, "id"), sender=_text(data, "sender"), text=_text(data, "text"))]
    if said.get("webhook_event") != "dlr":
        return []
    kind = _SEVEN.get(_text(data, "status").upper())
    number = _text(data, "msg_id")
    return [Report(kind, f"{number}:{kind}", number, _text(data, "foreign_id"))] if kind else []


def _seven_trouble(said: Said) -> str:
    """seven answers 200 to everything; `success` says whether it took the message."""
    code = _text(said, "success")
    return "" if code in ("100", "true", "True") else code or "?"


PROVIDERS = {
    one.key: one
    for one in (
        Provider(
            "seven",
            "seven.io",
            "https://gateway.seven.io/api/sms",
            {"to": "to", "text": "text", "sender": "from", "reference": "foreign_id"},
            _seven_reports,
            auth="X-Api-Key",
            secret_label=_("API key"),
            reference=("messages", "0", "id"),
            trouble=_seven_trouble,
            codes=("success",),
            dead=_SEVEN_WRONG_NUMBER,
        ),
        Provider(
            "twilio",
            "Twilio",
            "https://api.twilio.com/2010-04-01/Accounts/{user}/Messages.json",
            {"to": "To", "text": "Body", "sender": "From", "callback": "StatusCallback"},
            _twilio_reports,
            encoding="form",
            auth="basic",
            user_label=_("Account SID"),
            secret_label=_("Auth token"),
            reference=("sid",),
            dead=_TWILIO_DEAD,
            unwilling=frozenset({"21610"}),
            signature=_twilio_signature,
        ),
        Provider(
            "sipgate",
            "sipgate",
            "https://api.sipgate.com/v2/sessions/sms",
            {"to": "recipient", "text": "message", "sender": "smsId"},
            lambda said: [],
            auth="basic",
            user_label=_("Token ID"),
            secret_label=_("Personal access token"),
            sender_label=_("SMS extension, such as s0"),
            reference=(),
            note=_("sipgate reports neither deliveries nor answers."),
        ),
        Provider(
            "http",
            _("Another provider (HTTP)"),
            "",
            {"to": "to", "text": "text", "sender": "from", "reference": "reference"},
            _generic_reports,
            user_label=_("User, for basic authentication"),
            is_open=True,
            signature=_generic_signature,
            note=_(
                "Messages are posted as JSON with the header Idempotency-Key. Reports are JSON: id or reference, and status "
                "(delivered, failed, unknown_subscriber); answers: from, text and id."
            ),
        ),
    )
}
"""Key → what is known. Open ones are given their address and the names of their fields by the shop."""
OPEN_FIELDS = ("to", "text", "sender", "reference", "callback")
