"""Advice before a start: whom a playbook would reach, what could be proven, what it would cost, and whether to start it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from regulars.core.models import Shop
from regulars.decide.segments.estimate import Sample
from regulars.insights import effects
from regulars.insights.effects import SmallestVisible

from .actions import Audience, audience_of
from .definition import draft
from .kinds import trigger_kinds
from .playbook import Playbook
from .settings import checked

FEW = 400
"""With fewer customers hardly any effect could be proven."""


@dataclass(frozen=True)
class Advice:
    """tone: success (recommended), warning (works, but proves little) or neutral (nobody to reach). words: the reason."""

    tone: str
    title: str
    words: str
    audience: Audience


def advise(shop: Shop, playbook: Playbook, now: datetime, sample: Sample | None = None) -> Advice:
    """Whether to start a playbook, with the reason, from the shop's own data; of a large shop from a sample of it."""
    found = audience_of(shop, playbook, playbook.defaults(), now, sample)
    if not found.customers:
        return Advice(
            "neutral", _("Nobody to reach yet"), _("No customer fits today: data are missing, or it is early."), found
        )
    if not found.reachable:
        words = _("Customers fit, but none of them has agreed to advertising by e-mail. Ask for consent first.")
        return Advice("neutral", _("Nobody may be written to"), words, found)
    if found.reachable < FEW:
        words = _("It does good, but with so few customers its effect can hardly be proven.")
        return Advice("warning", _("Useful, hard to prove"), words, found)
    return Advice("success", _("Recommended"), _("Enough customers to help and to see what it causes."), found)


@dataclass(frozen=True)
class Outlook:
    """What a start would mean: customers, holdout, messages, their cost in minor units, the smallest visible effect."""

    audience: Audience
    treated: int
    holdout: int
    messages: int
    message_cost: int
    smallest: SmallestVisible


def outlook(
    shop: Shop, playbook: Playbook, settings: Mapping[str, Any], holdout_share: float, now: datetime
) -> Outlook:
    """The figures of the set-up page for these settings."""
    values = checked(playbook.settings, settings)
    trigger, steps = draft(playbook, values)
    found = audience_of(shop, playbook, values, now)
    customers = trigger_kinds()[trigger.kind].audience(shop, trigger.params, now)
    held_out = round(found.reachable * holdout_share)
    treated = found.reachable - held_out
    messages = treated * sum(1 for one in steps if one.kind == "send")
    smallest = effects.smallest_visible(
        shop, customers, holdout_share, playbook.outcome_days, now, size=found.reachable
    )
    return Outlook(found, treated, held_out, messages, round(messages * shop.message_cost_minor / 1000), smallest)
