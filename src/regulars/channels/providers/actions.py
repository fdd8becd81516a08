"""Verbs of a shop's accounts with providers: set up, take into use, a new address for reports, note trouble."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.core.sealing import seal, unseal
from regulars.reach.messaging.actions import News, change_rules, take_in
from regulars.reach.messaging.headers import AddressRefused, checked_address

from .models import ProviderAccount
from .providers import Provider

TIMEOUT = (5.0, 20.0)
"""Seconds to reach a provider, and to wait for its answer."""
HEARD_EVERY = timedelta(minutes=1)
SECRETS = ("api_key", "secret_key", "signing_key")
_KEY = re.compile(r"[!-~]{1,500}").fullmatch
_STREAM = re.compile(r"[A-Za-z0-9_-]{1,60}").fullmatch


def account_of(shop: Shop, provider: str) -> ProviderAccount | None:
    """The shop's account with that provider."""
    return ProviderAccount._base_manager.filter(shop=shop, provider=provider).first()


@transaction.atomic
def set_up(
    shop: Shop, provider: Provider, now: datetime, staff: Staff | None = None, *, is_used: bool = False, **fields: Any
) -> ProviderAccount:
    """Writes an account down, and sends over it from now on if `is_used`. A key that is None stays as it is.

    Keys go into headers of HTTP, so that a line break in one is refused, not passed on. Raises Refused naming what does
    not fit; then nothing is changed.
    """
    account = _locked(shop, provider)
    given = {name: value for name, value in fields.items() if value is not None}
    for name, value in given.items():
        value = value.strip(" ")
        _check(provider, name, value)
        setattr(account, name, seal(value) if name in SECRETS else value)
    if is_used:
        if not account.api_key or (provider.secret_label and not account.secret_key):
            raise Refused(_("Without its key no mail can go out over %(provider)s.") % {"provider": provider.name})
        if "domain" in provider.asks and not account.domain:
            raise Refused(_("%(provider)s needs the sending domain.") % {"provider": provider.name})
        change_rules(shop, now, staff, way=provider.key)
    if given:
        account.last_error, account.last_error_at = "", None
    account.save()
    audit("provider.changed", now=now, shop=shop, staff=staff, target=account, fields=sorted(given), is_used=is_used)
    return account


def use_own_server(shop: Shop, now: datetime, staff: Staff | None = None) -> None:
    """Mails go out over the installation's server again. Accounts stay: late reports still come in."""
    change_rules(shop, now, staff, way="")


@transaction.atomic
def renew_address(shop: Shop, provider: Provider, now: datetime, staff: Staff | None = None) -> ProviderAccount:
    """Makes a new address for reports; the former one is dead at once."""
    account = _locked(shop, provider)
    account.hook_secret = seal(secrets.token_urlsafe(32))
    account.save()
    audit("provider.address_renewed", now=now, shop=shop, staff=staff, target=account)
    return account


def options_of(account: ProviderAccount, provider: Provider) -> dict[str, Any]:
    """What Anymail's sender is given: all of it, so that no setting of another shop or of the process is taken instead.

    Raises Refused when a key cannot be opened.
    """
    options: dict[str, Any] = {provider.key_option: unseal(account.api_key), "timeout": TIMEOUT}
    if not options[provider.key_option]:
        raise Refused(_("Without its key no mail can go out over %(provider)s.") % {"provider": provider.name})
    if provider.secret_label:
        options["secret_key"] = unseal(account.secret_key)
    if "domain" in provider.asks:
        options["sender_domain"] = account.domain
    if account.stream and "stream" in provider.asks:
        options["message_stream"] = account.stream
    if provider.regions:
        options["api_url"] = provider.regions.get(account.region, provider.regions.get("", ""))
    return options


def note_trouble(account: ProviderAccount, trouble: str, now: datetime) -> None:
    """What the provider has against the account itself, for the page; "" when it took mails again."""
    if trouble[:300] != account.last_error:
        ProviderAccount._base_manager.filter(pk=account.pk).update(
            last_error=trouble[:300], last_error_at=now if trouble else None
        )


def hear(account: ProviderAccount, news: Sequence[News], now: datetime) -> int:
    """Takes reports in. Returns how many were new; the same ones at the same moment from two calls count once, too."""
    try:
        count = take_in(account.shop, news, now)
    except IntegrityError:
        count = take_in(account.shop, news, now)  # another call wrote them meanwhile: now they are known
    if account.heard_at is None or now - account.heard_at > HEARD_EVERY:
        ProviderAccount._base_manager.filter(pk=account.pk).update(heard_at=now)
    return count


def _locked(shop: Shop, provider: Provider) -> ProviderAccount:
    rows = ProviderAccount._base_manager.select_for_update().filter(shop=shop, provider=provider.key)
    return rows.first() or ProviderAccount(
        shop=shop, provider=provider.key, hook_secret=seal(secrets.token_urlsafe(32))
    )


def _check(provider: Provider, name: str, value: str) -> None:
    if not value:
        return
    if name in SECRETS and not _KEY(value):
        raise Refused(_("A key holds neither blanks nor line breaks. Copy it once more from the provider's page."))
    if name == "region" and value not in provider.regions:
        raise Refused(_("%(provider)s has no such region.") % {"provider": provider.name})
    if name == "stream" and not _STREAM(value):
        raise Refused(_("The ID of a message stream holds letters, digits and hyphens, such as broadcast."))
    if name == "domain":
        try:
            if checked_address(f"post@{value}")[0] != f"post@{value}" or "." not in value:
                raise AddressRefused(value)
        except AddressRefused:
            raise Refused(_("This is not a domain such as mail.your-shop.com.")) from None
