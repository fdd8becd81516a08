"""The verb `queue`: messages are written down, and the gate is asked."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from regulars.core import bulk
from regulars.core.models import Shop
from regulars.core.variables import VARIABLES
from regulars.decide.contact_policy.actions import Wish, note_decisions, primary_addresses, request
from regulars.know.customers.models import Customer
from regulars.reach.messaging.models import Message, TemplateVersion

from .templates import content_of

ADDRESS_KIND = {"email": "email", "sms": "phone", "phone": "phone"}


@dataclass(frozen=True)
class MessageDraft:
    """One message that somebody wants sent between `earliest` and `latest`.

    values: variables beside those that modules provide, by their dotted names. key: unique in the shop.
    """

    customer_id: int
    template_key: str
    measure_id: int | None
    purpose: str
    rank: int
    earliest: datetime
    latest: datetime
    key: str
    values: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def queue(shop: Shop, drafts: Sequence[MessageDraft], now: datetime) -> dict[str, int]:
    """Writes the messages, each with its request to the gate; returns their ids by key. Idempotent by key.

    A draft without an address or a template in any language is left out of the answer (its Decision says why). Values are
    stored as they are now, and only those that the template reads. A constant number of queries for each group of
    variables, whatever the number of drafts.
    """
    there = dict(
        Message._base_manager.filter(shop=shop, key__among={one.key for one in drafts}).values_list("key", "pk")
    )
    fresh = list({one.key: one for one in drafts if one.key not in there}.values())
    if not fresh:
        return there
    ids = list({one.customer_id for one in fresh})
    locales = dict(Customer._base_manager.filter(shop=shop, pk__among=set(ids)).values_list("pk", "locale"))
    versions = _latest_versions(shop, {one.template_key for one in fresh})
    channels = {key: next(iter(by_locale.values())).template.channel for key, by_locale in versions.items()}
    addresses = {
        channel: primary_addresses(shop, ids, ADDRESS_KIND.get(channel, "email")) for channel in set(channels.values())
    }
    chosen: list[tuple[MessageDraft, TemplateVersion, str]] = []
    without: dict[tuple[int | None, str], dict[int, str]] = {}
    for one in fresh:
        by_locale = versions.get(one.template_key)
        if not by_locale:
            without.setdefault((one.measure_id, "no_template"), {})[one.customer_id] = "no_template"
            continue
        address = addresses[channels[one.template_key]].get(one.customer_id, "")
        if not address:
            without.setdefault((one.measure_id, "no_address"), {})[one.customer_id] = "no_address"
            continue
        wanted = (locales.get(one.customer_id, ""), shop.locale, *sorted(by_locale))
        chosen.append((one, next(by_locale[locale] for locale in wanted if locale in by_locale), address))
    for (measure_id, _reason), reasons in without.items():
        note_decisions(shop, measure_id, reasons, now)
    requests = request(
        shop,
        [
            Wish(
                customer_id=one.customer_id,
                measure_id=one.measure_id,
                channel=channels[one.template_key],
                purpose=one.purpose,
                address=address,
                rank=one.rank,
                earliest=one.earliest,
                latest=one.latest,
                key=one.key,
            )
            for one, _version, address in chosen
        ],
        now,
    )
    provided = _provided(shop, ids, {name for _one, version, _a in chosen for name in content_of(version).names}, now)
    domain = shop.sender_email.rpartition("@")[2] or "localhost"
    # Past the ORM: a journey queues messages by the hundred thousand.
    created = bulk.moment(now)
    bulk.insert(
        Message,
        COLUMNS,
        (
            (
                shop.pk, one.customer_id, one.measure_id, requests[one.key], version.pk, channels[one.template_key],
                one.purpose, address, f"{secrets.token_hex(16)}@{domain}",
                json.dumps(_values(content_of(version).names, provided.get(one.customer_id, {}), one.values)),
                one.key, created, Message.Status.WAITING.value, False, "", "", 0,
            )
            for one, version, address in chosen
        ),
    )  # fmt: skip
    keys = [one.key for one, _version, _address in chosen]
    return there | dict(Message._base_manager.filter(shop=shop, key__among=set(keys)).values_list("key", "pk"))


COLUMNS = (
    "shop_id", "customer_id", "measure_id", "request_id", "version_id", "channel", "purpose", "address", "message_id",
    "values", "key", "created_at", "status", "may_track", "reason", "lease_token", "attempts",
)  # fmt: skip


def _latest_versions(shop: Shop, keys: set[str]) -> dict[str, dict[str, TemplateVersion]]:
    """Template → locale → its latest version. One query."""
    rows = TemplateVersion.objects.filter(template__shop=shop, template__key__in=keys).select_related("template")
    found: dict[str, dict[str, TemplateVersion]] = {}
    for version in rows.order_by("version"):
        found.setdefault(version.template.key, {})[version.locale] = version
    return found


def _provided(shop: Shop, ids: Sequence[int], names: set[str], now: datetime) -> dict[int, dict[str, Any]]:
    """Customer → variable → value, from the modules that declare the groups that are read."""
    values: dict[int, dict[str, Any]] = {}
    for group in VARIABLES.values():
        if any(name.startswith(f"{group.name}.") for name in names):
            for customer_id, fields in group.provide(shop, ids, now).items():
                named = {f"{group.name}.{name}": value for name, value in fields.items()}
                values.setdefault(customer_id, {}).update(named)
    return values


def _values(names: frozenset[str], provided: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: given[name] if name in given else provided[name] for name in names if name in given or name in provided
    }
