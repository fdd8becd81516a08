"""The verb `queue`: messages are written down, and the gate is asked."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple, cast

import msgspec
from django.db import transaction

from regulars.core import bulk
from regulars.core.models import Shop
from regulars.core.variables import VARIABLES
from regulars.decide.contact_policy.actions import Wish, note_decisions, request
from regulars.know.customers.models import Customer
from regulars.reach.messaging.channel_kinds import kind_of
from regulars.reach.messaging.models import Message, TemplateVersion

from .templates import content_of

NOTHING: Mapping[str, Any] = MappingProxyType({})


class MessageDraft(NamedTuple):
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
    values: Mapping[str, Any] = NOTHING


_STATES = """
SELECT m.key, m.status, r.latest, m.channel FROM messaging_message m JOIN contact_policy_contactrequest r ON r.id = m.request_id
WHERE m.shop_id = %s AND m.key {among}
"""


def states_of(shop: Shop, keys: Collection[str]) -> dict[str, tuple[str, datetime, str]]:
    """Status, latest time and channel of the messages that were queued by these keys. One query."""
    among, carried = bulk.among(keys)
    moment = lru_cache(bulk.as_moment)
    return {
        key: (status, moment(latest), channel)
        for key, status, latest, channel in bulk.fetch(_STATES.format(among=among), [shop.pk, carried])
    }


@transaction.atomic
def queue(shop: Shop, drafts: Sequence[MessageDraft], now: datetime) -> dict[str, int]:
    """Writes the messages, each with its request to the gate; returns their ids by key. Idempotent by key.

    A draft without an address or a template in any language is left out of the answer (its Decision says why). Values are
    stored as they are now, and only those that the template reads. A constant number of queries for each group of
    variables, whatever the number of drafts.
    """
    there: dict[str, int] = dict(
        cast(Any, bulk.select(Message, ("key", "id"), shop.pk, "key", {one.key for one in drafts}))
    )
    fresh = list({one.key: one for one in drafts if one.key not in there}.values())
    if not fresh:
        return there
    ids = list({one.customer_id for one in fresh})
    versions = _latest_versions(shop, {one.template_key for one in fresh})
    chosen, without = _chosen(shop, fresh, ids, versions)
    for (measure_id, _reason), reasons in without.items():
        note_decisions(shop, measure_id, reasons, now)
    requests = request(
        shop,
        [
            Wish(
                one.customer_id, one.measure_id, version.template.channel, one.purpose, address, one.rank,
                one.earliest, one.latest, one.key,
            )
            for one, version, address in chosen
        ],
        now,
    )  # fmt: skip
    spoken = {version.pk: version for _one, version, _address in chosen}
    names = {pk: content_of(version).names for pk, version in spoken.items()}
    provided = _provided(shop, ids, {name for some in names.values() for name in some}, now)
    domain = shop.sender_email.rpartition("@")[2] or "localhost"
    # Past the ORM: a journey queues messages by the hundred thousand.
    created, waiting, shop_id = bulk.moment(now), Message.Status.WAITING.value, shop.pk
    numbers = bulk.reserve_ids(Message, len(chosen))
    chance = secrets.token_bytes(16 * len(chosen)).hex()
    text = msgspec.json.encode
    bulk.insert(
        Message,
        COLUMNS,
        (
            (
                number, shop_id, one.customer_id, one.measure_id, requests[one.key], version.pk,
                version.template.channel, one.purpose, address, f"{chance[32 * place : 32 * place + 32]}@{domain}",
                text(_values(names[version.pk], provided.get(one.customer_id, NOTHING), one.values)).decode(),
                one.key, created, waiting, False, "", "", 0,
            )
            for place, (number, (one, version, address)) in enumerate(zip(numbers, chosen, strict=True))
        ),
    )  # fmt: skip
    return there | {one.key: number for number, (one, _version, _address) in zip(numbers, chosen, strict=True)}


Chosen = list[tuple[MessageDraft, TemplateVersion, str]]
Without = dict[tuple[int | None, str], dict[int, str]]


def _chosen(
    shop: Shop, drafts: Sequence[MessageDraft], ids: Sequence[int], versions: dict[str, dict[str, TemplateVersion]]
) -> tuple[Chosen, Without]:
    """Each draft with the version in the customer's language and the address; and who is left out, by measure and reason."""
    locales: dict[int, str] = dict(cast(Any, bulk.select(Customer, ("id", "locale"), shop.pk, "id", ids)))
    channels = {key: next(iter(by_locale.values())).template.channel for key, by_locale in versions.items()}
    addresses = {channel: kind_of(channel).addresses(shop, ids) for channel in set(channels.values())}
    spoken: dict[tuple[str, str], TemplateVersion] = {}
    chosen: Chosen = []
    without: Without = {}
    for one in drafts:
        by_locale = versions.get(one.template_key)
        if not by_locale:
            without.setdefault((one.measure_id, "no_template"), {})[one.customer_id] = "no_template"
            continue
        address = addresses[channels[one.template_key]].get(one.customer_id)
        if address is None:
            without.setdefault((one.measure_id, "no_address"), {})[one.customer_id] = "no_address"
            continue
        place = (one.template_key, locales.get(one.customer_id, ""))
        version = spoken.get(place)
        if version is None:
            wanted = (place[1], shop.locale, *sorted(by_locale))
            version = spoken[place] = next(by_locale[locale] for locale in wanted if locale in by_locale)
        chosen.append((one, version, address))
    return chosen, without


COLUMNS = (
    "id", "shop_id", "customer_id", "measure_id", "request_id", "version_id", "channel", "purpose", "address", "message_id",
    "values", "key", "created_at", "status", "may_track", "reason", "lease_token", "attempts",
)  # fmt: skip


def _latest_versions(shop: Shop, keys: set[str]) -> dict[str, dict[str, TemplateVersion]]:
    """Template → locale → its latest version. One query."""
    rows = TemplateVersion.objects.filter(template__shop=shop, template__key__in=keys).select_related(
        "template__shop__brand__logo"
    )
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
