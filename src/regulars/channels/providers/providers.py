"""The providers that can be chosen, and where they differ. Anymail speaks their dialects; this says the rest.

Only those whose interface is HTTP with a key, and whose reports name the message by what was sent along with it.
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from anymail.exceptions import AnymailNotSupportedWarning
from django.utils.translation import gettext_lazy as _

# Anymail no longer tests SendGrid against its servers (its issue 432). The page says so; the log need not.
warnings.filterwarnings("ignore", category=AnymailNotSupportedWarning)

Report = Mapping[str, Any]
API_KEY = _("API key")


def _nothing(_report: Report) -> tuple[str, int]:
    return "", 0


@dataclass(frozen=True)
class Provider:
    """One provider. key: also the name of Anymail's modules.

    key_option: what Anymail calls the key; key_label: what the provider calls it. secret_label: of a second key, "" where
    there is none. asks: which of region, domain and stream it wants. regions: region → address of its interface ("" is the
    default). signing_option: what Anymail calls the key of signed reports, "" where they are not signed. keeps_message_id:
    it lets our Message-ID stand; else ours goes along as a reference, which replies repeat (RFC 5322, 3.6.4).
    switches_tracking: its own open and click tracking can be switched off for each mail. headers: sent with each mail.
    status: enhanced status and SMTP code of a report. is_hard: whether the provider itself holds the address for dead;
    asked only where it passes on no words of the mail server.
    """

    key: str
    name: str
    key_label: Any = API_KEY
    key_option: str = "api_key"
    secret_label: Any = ""
    asks: tuple[str, ...] = ()
    regions: Mapping[str, str] = field(default_factory=dict)
    signing_option: str = ""
    keeps_message_id: bool = True
    switches_tracking: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    status: Callable[[Report], tuple[str, int]] = _nothing
    is_hard: Callable[[Report], bool] = lambda report: False
    note: Any = ""

    def backend(self, **options: Any) -> Any:
        """Anymail's sender."""
        return import_module(f"anymail.backends.{self.key}").EmailBackend(**options)

    def reader(self, **options: Any) -> Any:
        """Anymail's reader of reports."""
        module = import_module(f"anymail.webhooks.{self.key}")
        return getattr(module, f"{self.name}TrackingWebhookView")(**options)


def _mailgun_status(report: Report) -> tuple[str, int]:
    said = report.get("event-data", {}).get("delivery-status") or {}
    return str(said.get("enhanced-code") or ""), _number(said.get("code"))


def _sendgrid_status(report: Report) -> tuple[str, int]:
    return str(report.get("status") or ""), 0


def _sparkpost_status(report: Report) -> tuple[str, int]:
    (event,) = report["msys"].values()
    return "", _number(event.get("error_code"))


def _number(value: Any) -> int:
    return int(value) if str(value or "").isdecimal() else 0


def _resend_is_hard(report: Report) -> bool:
    bounce = report.get("data", {}).get("bounce") or {}
    return bounce.get("type") == "Permanent" and bounce.get("subType") in ("General", "NoEmail")


_MAILJET_DEAD = ("user unknown", "mailbox inactive", "invalid domain", "no mail host", "typofix")
_TRACKING_NOTE = _(
    "Switch off the provider's own open and click tracking there: Regulars asks for consent, it does not."
)

PROVIDERS: dict[str, Provider] = {
    one.key: one
    for one in (
        Provider(
            "brevo",
            "Brevo",
            keeps_message_id=False,
            switches_tracking=False,
            is_hard=lambda report: report.get("event") in ("hard_bounce", "invalid_email"),
            note=_TRACKING_NOTE,
        ),
        Provider(
            "mailgun",
            "Mailgun",
            asks=("region", "domain"),
            regions={"": "https://api.mailgun.net/v3", "eu": "https://api.eu.mailgun.net/v3"},
            signing_option="webhook_signing_key",
            status=_mailgun_status,
        ),
        Provider(
            "mailjet",
            "Mailjet",
            secret_label=_("Secret key"),
            # Mailjet refuses a mail that brings a Message-ID of its own (send-0011).
            keeps_message_id=False,
            is_hard=lambda report: report.get("error") in _MAILJET_DEAD,
        ),
        Provider(
            "postmark",
            "Postmark",
            key_label=_("Server API token"),
            key_option="server_token",
            asks=("stream",),
            headers={"X-PM-KeepID": "true"},  # else Postmark puts a Message-ID of its own in place of ours
            is_hard=lambda report: report.get("Type") in ("HardBounce", "BadEmailAddress"),
            note=_("Advertising needs a message stream of the type “Broadcasts”; enter its ID."),
        ),
        Provider(
            "resend",
            "Resend",
            signing_option="signing_secret",
            keeps_message_id=False,  # it sends over Amazon SES, which puts its own in place of ours
            switches_tracking=False,
            is_hard=_resend_is_hard,
            note=_TRACKING_NOTE,
        ),
        Provider(
            "sendgrid",
            "SendGrid",
            asks=("region",),
            regions={"": "https://api.sendgrid.com/v3/", "eu": "https://api.eu.sendgrid.com/v3/"},
            signing_option="tracking_webhook_verification_key",
            status=_sendgrid_status,
            note=_("The library that Regulars speaks to providers with no longer tests SendGrid itself."),
        ),
        Provider(
            "sparkpost",
            "SparkPost",
            asks=("region",),
            regions={"": "https://api.sparkpost.com/api/v1/", "eu": "https://api.eu.sparkpost.com/api/v1/"},
            status=_sparkpost_status,
        ),
    )
}
