"""Verbs of web push: set the shop's key up; a browser agrees, moves, agrees no more; what a push service says is dead."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core import outbound
from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.core.sealing import seal
from regulars.decide.contact_policy.actions import grant_consent, withdraw_consent
from regulars.decide.contact_policy.models import Channel, Consent, Objection, Purpose
from regulars.know.timeline.actions import Fact, record

from .encryption import decoded, new_key, public_key
from .event_types import BROWSER_ADDED, BROWSER_REMOVED
from .models import PushKey, PushSubscription
from .wording import VERSION, wording

SOURCE = "web_push"
MOST_BROWSERS = 10
"""Of one customer; the oldest gives way."""
LONGEST = 2000
"""Octets of an endpoint."""
_SYSTEMS = {
    "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS X": "Mac", "CrOS": "ChromeOS",
    "Linux": "Linux",
}  # fmt: skip
_PROGRAMS = {
    "Edg": "Edge", "OPR": "Opera", "SamsungBrowser": "Samsung Internet", "Firefox": "Firefox", "Chrome": "Chrome",
    "Safari": "Safari",
}  # fmt: skip
"""What a browser's name for itself holds → what people call it. The first that is found counts."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where and how a browser takes messages, checked: see PushSubscription."""

    endpoint: str
    p256dh: str
    auth: str

    @property
    def digest(self) -> str:
        return digest_of(self.endpoint)


def digest_of(endpoint: str) -> str:
    """How an endpoint is found again."""
    return sha256(endpoint.encode(errors="replace")).hexdigest()


def key_of(shop: Shop) -> PushKey | None:
    """The shop's key pair, or None before somebody set messages in the browser up."""
    return PushKey._base_manager.filter(shop=shop).first()


@transaction.atomic
def set_up(shop: Shop, now: datetime, staff: Staff | None = None) -> PushKey:
    """Makes the shop's key pair, from when on browsers may agree. Idempotent: a key is never made anew."""
    public, private = new_key()
    row, is_new = PushKey._base_manager.get_or_create(
        shop=shop, defaults={"public": public, "private": seal(private), "made_at": now}
    )
    if is_new:
        audit("push.set_up", now=now, shop=shop, staff=staff, target=row)
    return row


def checked(said: Any) -> Address:
    """A subscription as a browser writes it (`PushSubscription.toJSON()`). Raises Refused for what is none.

    The endpoint comes from outside: no plain http, no name and password, no address of a private network, unless the
    installation allows private ones. What its name means is looked up when something is sent.
    """
    refused = Refused(_("This browser's answer was not understood."), code="subscription")
    keys = said.get("keys") if isinstance(said, dict) else None
    parts = (said.get("endpoint"), keys.get("p256dh"), keys.get("auth")) if isinstance(keys, dict) else ()
    if len(parts) != 3 or not all(isinstance(one, str) and len(one) <= LONGEST for one in parts):
        raise refused
    endpoint, p256dh, auth = (str(one).rstrip("=") if place else str(one) for place, one in enumerate(parts))
    try:
        host, _port = outbound.place_of(endpoint)
        public_key(decoded(p256dh))
        is_whole = len(decoded(auth)) == 16 and len(p256dh) <= 100 and len(auth) <= 40 and endpoint.isascii()
    except ValueError:
        raise refused from None
    may = settings.REGULARS_PRIVATE_WEBHOOKS
    if not is_whole or not (may or (urlsplit(endpoint).scheme == "https" and _may_be_public(host))):
        raise refused
    return Address(endpoint, p256dh, auth)


def _may_be_public(host: str) -> bool:
    try:
        return outbound.is_public(ip_address(host))
    except ValueError:
        return "." in host


@transaction.atomic
def subscribe(
    shop: Shop, customer_id: int, address: Address, now: datetime, *, version: int, locale: str, agent: str = ""
) -> PushSubscription:
    """A browser takes messages from now on: the customer pressed the button under the words of `version`, and then the
    browser's own one. Both together are the consent. Idempotent.

    A browser that another customer used before is theirs no more. Raises Refused where the words have changed meanwhile, and
    for who has objected to advertising.
    """
    if version != VERSION:
        raise Refused(_("The words have changed meanwhile. Load the page again."), code="version")
    if Objection._base_manager.filter(customer_id=customer_id).exists():
        raise Refused(
            _("You objected to all advertising. To hear from us again, answer any of our mails."), code="objection"
        )
    device = device_of(agent)
    there = PushSubscription._base_manager.select_for_update().filter(shop=shop, digest=address.digest).first()
    is_new = there is None or there.customer_id != customer_id
    row, _made = PushSubscription._base_manager.update_or_create(
        shop=shop,
        digest=address.digest,
        defaults={
            "customer_id": customer_id, "endpoint": address.endpoint, "p256dh": address.p256dh, "auth": address.auth,
            "device": device, "made_at": now if is_new or there is None else there.made_at,
        },
    )  # fmt: skip
    given = Consent._base_manager.filter(
        shop=shop, customer_id=customer_id, channel=Channel.PUSH, purpose=Purpose.MARKETING, state=Consent.State.GRANTED
    )
    if is_new or not given.exists():
        grant_consent(
            shop, customer_id, Channel.PUSH, Purpose.MARKETING, now=now, confirmed_at=now, source=SOURCE,
            wording=wording(shop, locale),
            evidence={
                "version": version, "locale": locale, "button": now.isoformat(), "browser": "permission granted",
                "device": device, "subscription": address.digest[:16],
            },
        )  # fmt: skip
    if is_new:
        record(shop, [Fact(BROWSER_ADDED, now, customer_id, {"device": device})], now=now, source=SOURCE)
        oldest = PushSubscription._base_manager.filter(shop=shop, customer_id=customer_id).order_by("-made_at", "-pk")
        _remove(shop, list(oldest[MOST_BROWSERS:]), now)
    return row


@transaction.atomic
def move(shop: Shop, former: str, address: Address, now: datetime) -> bool:
    """The browser's push service gave it a new address: who knows the former endpoint is that browser."""
    there = PushSubscription._base_manager.select_for_update().filter(shop=shop, digest=digest_of(former)).first()
    if there is None:
        return False
    PushSubscription._base_manager.filter(shop=shop, digest=address.digest).exclude(pk=there.pk).delete()
    there.endpoint, there.digest, there.p256dh, there.auth = (
        address.endpoint, address.digest, address.p256dh, address.auth,
    )  # fmt: skip
    there.save(update_fields=["endpoint", "digest", "p256dh", "auth"])
    return True


@transaction.atomic
def leave(shop: Shop, endpoint: str, now: datetime) -> bool:
    """This browser takes no more messages. With a customer's last one the consent is withdrawn. Idempotent."""
    there = PushSubscription._base_manager.select_for_update().filter(shop=shop, digest=digest_of(endpoint)).first()
    if there is None:
        return False
    _remove(shop, [there], now)
    if not PushSubscription._base_manager.filter(shop=shop, customer_id=there.customer_id).exists():
        withdraw_consent(shop, [there.customer_id], Channel.PUSH, Purpose.MARKETING, now, source=SOURCE)
    return True


@transaction.atomic
def forget(shop: Shop, customer_ids: Collection[int], now: datetime) -> int:
    """All browsers of customers who may not be told anything there any more. Returns how many."""
    rows = list(PushSubscription._base_manager.filter(shop=shop, customer_id__among=set(customer_ids)))
    return _remove(shop, rows, now)


@transaction.atomic
def bury(shop: Shop, ids: Collection[int], now: datetime) -> int:
    """Subscriptions that their push service does not know any more. The consent stays: nobody withdrew it."""
    rows = list(PushSubscription._base_manager.filter(shop=shop, pk__among=set(ids))) if ids else []
    return _remove(shop, rows, now)


def _remove(shop: Shop, rows: Sequence[PushSubscription], now: datetime) -> int:
    if rows:
        PushSubscription._base_manager.filter(pk__among={row.pk for row in rows}).delete()
        facts = [Fact(BROWSER_REMOVED, now, row.customer_id, {"device": row.device}) for row in rows]
        record(shop, facts, now=now, source=SOURCE)
    return len(rows)


def device_of(agent: str) -> str:
    """A browser in two words, such as “Firefox, Android”; no more of what it says is kept."""
    found = [next((name for sign, name in words.items() if sign in agent), "") for words in (_PROGRAMS, _SYSTEMS)]
    return ", ".join(one for one in found if one)
