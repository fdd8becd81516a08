"""Previews: a playbook's message as three real customers would get it, before anything is started."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings as house
from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.variables import VARIABLES
from regulars.know.customers.models import Customer
from regulars.reach.messaging.actions import known_variables, source_on
from regulars.reach.messaging.addresses import shop_url
from regulars.reach.messaging.look import HOUSE
from regulars.reach.messaging.rendering import Preview, compile_source, preview
from regulars.reward.offers.models import Offer, Voucher

from .actions import audience_customers
from .definition import draft
from .kinds import trigger_kinds
from .playbook import Playbook, Step
from .settings import checked

GIVEN: dict[str, Any] = {
    "product": _("the product"),
    "checkout": _("the checkout"),
    "gathering": _("the gathering"),
    "delivered": _("what arrived last"),
    "novelties": _("what is new"),
    "bestsellers": _("what sells best"),
}
"""Groups of variables that a mail is about: without them it says nothing, so that a sample takes their place."""
SHOWN = 3
SAMPLE_CODE = "K7QF-2MXPAB"


@dataclass(frozen=True)
class MessageChoice:
    """A message of a playbook that a preview can show. step: the step that sends it."""

    name: str
    title: str
    step: Step


def messages_of(playbook: Playbook, settings: Mapping[str, Any]) -> list[MessageChoice]:
    """The messages in the order in which they are sent."""
    _about, steps = draft(playbook, checked(playbook.settings, settings))
    return [
        MessageChoice(
            str(one.params["message"]), str(playbook.message_names.get(one.params["message"], playbook.title)), one
        )
        for one in steps
        if one.kind == "send"
    ]


def sample_customers(shop: Shop, playbook: Playbook, settings: Mapping[str, Any], now: datetime) -> Sequence[Customer]:
    """Three customers whom the playbook would reach, those with a name first, each with the profile; filled up with others
    where fewer fit today.
    """
    fitting = audience_customers(shop, playbook, settings, now).select_related("profile")
    living = Customer._base_manager.filter(shop=shop, merged_into=None, erased_at=None).select_related("profile")
    people: list[Customer] = []
    for some in (fitting.exclude(first_name=""), living.exclude(first_name=""), living):
        if len(people) < SHOWN:
            people += some.exclude(pk__in=[one.pk for one in people]).order_by("pk")[: SHOWN - len(people)]
    return people


@dataclass(frozen=True)
class Shown:
    """What a customer would get. made_up: titles of the groups of variables of which nothing is known of this customer, so that
    a sample stands there.
    """

    seen: Preview
    made_up: list[str]


def show(
    shop: Shop,
    playbook: Playbook,
    settings: Mapping[str, Any],
    message: str,
    locale: str,
    customer: Customer,
    now: datetime,
) -> Shown:
    """The message as this customer would get it, with a sample code. Raises TemplateRefused or RenderRefused."""
    from .steps.send import voucher_values

    values = checked(playbook.settings, settings)
    trigger, steps = draft(playbook, values)
    one = next(found for found in playbook.messages(message) if found.locale == locale)
    source = source_on(
        one.channel, f"{playbook.key}/{message}", locale, one.subject, one.source, one.preheader, one.text, HOUSE
    )
    content = compile_source(source, known_variables(), house.REGULARS_BASE_URL)
    filled: dict[str, Any] = {
        "shop.name": shop.name,
        "shop.address": " · ".join(shop.legal_footer.split("\n")),
        "shop.url": shop_url(shop),
        "unsubscribe.url": "#",
        "preferences.url": "#",
        "open.url": "",
    }
    for group in VARIABLES.values():
        provided = group.provide(shop, [customer.pk], now).get(customer.pk, {})
        filled |= {f"{group.name}.{field}": provided.get(field, "") for field in group.fields}
    issuing = next((step for step in steps if step.kind == "issue_voucher"), None)
    if issuing is not None:
        filled |= voucher_values(_sample_voucher(issuing, now), shop, locale)
    filled |= trigger_kinds()[trigger.kind].example(shop, trigger.params, customer.pk, locale, now)
    made_up = []
    for name in sorted({name.partition(".")[0] for name in content.names} & set(GIVEN)):
        group = VARIABLES[name]
        if not any(filled[f"{name}.{field}"] for field in group.fields):
            filled |= {f"{name}.{field}": group.sample.get(field, "") for field in group.fields}
            made_up.append(str(GIVEN[name]))
    return Shown(preview(content, filled, house.REGULARS_BASE_URL), made_up)


def _sample_voucher(step: Step, now: datetime) -> Voucher:
    """A voucher that exists nowhere but on the preview."""
    params = step.params
    offer = Offer(
        kind=params["offer"], percent=params.get("percent"), amount=params.get("amount"), gift=params.get("gift", "")
    )
    return Voucher(
        offer=offer,
        code=SAMPLE_CODE,
        valid_until=now + timedelta(days=params["valid_days"]),
        minimum_value=params.get("minimum_value", 0),
    )
