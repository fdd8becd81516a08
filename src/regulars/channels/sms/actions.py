"""Verbs of SMS: set an account up, make its way out free, note what was handed over, hear reports and answers."""

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import phonenumbers
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from regulars.core import outbound
from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.core.sealing import seal, unseal
from regulars.decide.contact_policy.actions import suppress_all, withdraw_consent
from regulars.decide.contact_policy.models import Channel, Purpose
from regulars.know.customers.models import Identity
from regulars.reach.messaging.actions import News, take_in

from .models import SmsAccount, SmsHandover
from .providers import DEAD, DELIVERED, FAILED, OPEN_FIELDS, PROVIDERS, REPLY, Provider, Report
from .wire import Line

KEPT = timedelta(days=30)
"""Reports of a delivery come within days."""
HEARD_EVERY = timedelta(minutes=1)
FORGOTTEN_AT_ONCE = 2000
SHORTEST = 8
"""Signs of a number that can be called from everywhere."""
STOP_WORDS = frozenset({"stop", "stopp", "stopall", "unsubscribe", "abmelden", "ende", "end", "quit", "cancel"})
_KEY = re.compile(r"[!-~]{1,500}").fullmatch
_SENDER = re.compile(r"\+?[0-9]{3,15}|[A-Za-z0-9 ._-]{1,11}").fullmatch
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}").fullmatch


def account_of(shop: Shop, provider: str) -> SmsAccount | None:
    """The shop's account with that provider."""
    return SmsAccount._base_manager.filter(shop=shop, provider=provider).first()


@transaction.atomic
def set_up(
    shop: Shop,
    provider: Provider,
    now: datetime,
    staff: Staff | None = None,
    *,
    secret: str | None = None,
    **fields: Any,
) -> SmsAccount:
    """Writes an account down. A secret that is None stays as it is. Raises Refused naming what does not fit; then nothing is
    changed.
    """
    account = _locked(shop, provider)
    for name, value in fields.items():
        setattr(account, name, value.strip() if isinstance(value, str) else value)
    if secret is not None:
        if secret and not _KEY(secret):
            raise Refused(_("A key holds neither blanks nor line breaks. Copy it once more from the provider's page."))
        account.secret = seal(secret)
        account.last_error, account.last_error_at = "", None
    _check(account, provider)
    account.save()
    audit(
        "sms.changed", now=now, shop=shop, staff=staff, target=account, fields=sorted(fields), is_used=account.is_used
    )
    return account


def _check(account: SmsAccount, provider: Provider) -> None:
    if account.sender and not provider.key == "sipgate" and not _SENDER(account.sender):
        raise Refused(_("The sender is a number, or a name of up to 11 letters and digits."), code="sender")
    if provider.is_open:
        _check_open(account)
    if not account.is_used:
        return
    if not account.secret:
        raise Refused(_("Without its key no SMS can go out over %(provider)s.") % {"provider": provider.name})
    if provider.auth == "basic" and not account.user:
        raise Refused(_("%(provider)s needs %(field)s.") % {"provider": provider.name, "field": provider.user_label})
    if provider.is_open and not account.url:
        raise Refused(_("Enter the address to which messages are posted."), code="url")


def _check_open(account: SmsAccount) -> None:
    if account.url:
        try:
            outbound.place_of(account.url)
        except ValueError:
            raise Refused(_("“%(url)s” is no web address.") % {"url": account.url[:80]}, code="url") from None
        if not account.url.startswith("https://") and not settings.REGULARS_PRIVATE_WEBHOOKS:
            raise Refused(_("Use an address with https://."), code="url")
    names = {name: str(value).strip() for name, value in account.fields.items() if str(value).strip()}
    if set(names) - set(OPEN_FIELDS) or not all(_NAME(one) for one in names.values()):
        raise Refused(_("The name of a field holds letters, digits, points, hyphens and underscores."), code="fields")
    account.fields = names


@transaction.atomic
def renew_address(shop: Shop, provider: Provider, now: datetime, staff: Staff | None = None) -> SmsAccount:
    """Makes a new address for reports; the former one is dead at once."""
    account = _locked(shop, provider)
    account.hook_secret = seal(secrets.token_urlsafe(24))
    account.save()
    audit("sms.address_renewed", now=now, shop=shop, staff=staff, target=account)
    return account


def _locked(shop: Shop, provider: Provider) -> SmsAccount:
    rows = SmsAccount._base_manager.select_for_update().filter(shop=shop, provider=provider.key)
    last = SmsAccount._base_manager.filter(shop=shop).count()
    return rows.first() or SmsAccount(
        shop=shop, provider=provider.key, order=last + 1, hook_secret=seal(secrets.token_urlsafe(24))
    )


def address_of(account: SmsAccount) -> str:
    """Where the provider reports. Raises Refused when the secret cannot be opened."""
    path = reverse("hook-sms", args=[account.provider, account.shop.slug, unseal(account.hook_secret)])
    return settings.REGULARS_BASE_URL + path


def lines_of(shop: Shop) -> list[tuple[SmsAccount, Line]]:
    """The accounts in use in their order, ready to be written to; those whose key cannot be opened are left out."""
    found = []
    for account in (
        SmsAccount._base_manager.filter(shop=shop, is_used=True).select_related("shop").order_by("order", "pk")
    ):
        provider = PROVIDERS.get(account.provider)
        if provider is None:
            continue
        try:
            line = Line(
                provider, provider.url or account.url, account.user, unseal(account.secret), account.sender,
                {**provider.fields, **(account.fields if provider.is_open else {})}, address_of(account),
            )  # fmt: skip
        except Refused:
            continue
        found.append((account, line))
    return found


@transaction.atomic
def reserve(account: SmsAccount, count: int, now: datetime) -> datetime:
    """Takes the next `count` turns of the account's way out; returns when the first one is. All workers share them."""
    row = SmsAccount._base_manager.select_for_update().get(pk=account.pk)
    start = max(now, row.free_at or now)
    row.free_at = start + timedelta(seconds=count / max(1, row.per_second))
    row.save(update_fields=["free_at"])
    return start


@transaction.atomic
def note_handovers(shop: Shop, taken: Sequence[tuple[SmsAccount, str, int]], now: datetime) -> None:
    """Under which name each message was taken: account, reference, number of the message."""
    SmsHandover._base_manager.bulk_create(
        [
            SmsHandover(shop=shop, account=account, reference=reference, message_id=number, at=now)
            for account, reference, number in taken
        ],
        ignore_conflicts=True,
    )


def note_trouble(account: SmsAccount, trouble: str, now: datetime) -> None:
    """What the provider has against the account itself, for the page; "" when it took messages again."""
    if trouble[:300] != account.last_error:
        SmsAccount._base_manager.filter(pk=account.pk).update(
            last_error=trouble[:300], last_error_at=now if trouble else None
        )


@transaction.atomic
def forget_handovers(shop: Shop, now: datetime) -> int:
    """Deletes the names of messages of which no report comes any more; returns how many."""
    old = SmsHandover._base_manager.filter(shop=shop, at__lt=now - KEPT)
    ids = list(old.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    return int(SmsHandover._base_manager.filter(pk__among=set(ids)).delete()[0]) if ids else 0


def hear(account: SmsAccount, reports: Sequence[Report], now: datetime) -> int:
    """Takes reports and answers in; returns how many were new. The same from two calls at one moment count once, too."""
    try:
        count = _hear(account, reports, now)
    except IntegrityError:
        count = _hear(account, reports, now)  # another call wrote them meanwhile: now they are known
    if account.heard_at is None or now - account.heard_at > HEARD_EVERY:
        SmsAccount._base_manager.filter(pk=account.pk).update(heard_at=now)
    return count


@transaction.atomic
def _hear(account: SmsAccount, reports: Sequence[Report], now: datetime) -> int:
    shop = account.shop
    names = {one.reference for one in reports if one.reference}
    numbers = dict(
        SmsHandover._base_manager.filter(account=account, reference__in=names).values_list("reference", "message_id")
    )
    news = [_news(account, one, numbers, shop) for one in reports]
    count = take_in(shop, [one for one in news if one is not None], now)
    for one in reports:
        if one.kind == REPLY and is_stop(one.text) and (number := e164(one.sender, shop.country)):
            leave(shop, number, now)
    return count


_KINDS = {DELIVERED: "delivered", FAILED: "bounced", DEAD: "bounced"}


def _news(account: SmsAccount, one: Report, numbers: Mapping[str, int], shop: Shop) -> News | None:
    key = f"sms:{account.pk}:{one.key}"[:80]
    if one.kind == REPLY:
        number = e164(one.sender, shop.country)
        if not number:
            return None
        kind = "unsubscribed" if is_stop(one.text) else "replied"
        return News(key, kind, address=number, source=account.provider, data={"excerpt": one.text[:300]})
    about = (numbers[one.reference],) if one.reference in numbers else ()
    if not about and not one.own:
        return None
    return News(
        key, _KINDS[one.kind], is_dead=one.kind == DEAD, numbers=about, message_ids=(one.own,) if one.own else (),
        source=account.provider, status=one.text, said=one.text,
    )  # fmt: skip


def is_stop(text: str) -> bool:
    """Whether an answer says to send no more: the first word of a short one, however it is written."""
    words = re.findall(r"[^\W\d_]+", text.casefold())
    return bool(words) and len(words) <= 4 and words[0] in STOP_WORDS


def e164(number: str, country: str) -> str:
    """A number as it is called from everywhere; "" for what is none. Providers leave the plus out."""
    text = number.strip()
    candidates = (text,) if text.startswith(("+", "0")) else (f"+{text}", text)
    for one in candidates:
        try:
            read = phonenumbers.parse(one, country or None)
        except phonenumbers.NumberParseException:
            continue
        found = str(phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164))
        if phonenumbers.is_possible_number(read) and len(found) >= SHORTEST:
            return found
    return ""


@transaction.atomic
def leave(shop: Shop, number: str, now: datetime) -> None:
    """Somebody answered STOP: no SMS to anybody with this number any more, and the number is suppressed. Idempotent."""
    owners = sorted(
        set(Identity._base_manager.filter(shop=shop, kind="phone", key=number).values_list("customer_id", flat=True))
    )
    for purpose in (Purpose.MARKETING, Purpose.RESEARCH):
        withdraw_consent(shop, owners, Channel.SMS, purpose, now, source="stop")
    suppress_all(shop, "phone", {number: "stop"}, now)
