"""Advice before a start: whom a playbook would reach, what could be proven, what it would cost, and whether to start it.

By the shop's size, assortment, data and goals, each reason with the shop's own numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from regulars.core.models import Shop
from regulars.insights import effects
from regulars.insights.effects import SmallestVisible

from .actions import Audience, audience_of
from .definition import draft
from .kinds import trigger_kinds
from .needs import NEEDS, amount
from .playbook import Playbook
from .settings import checked
from .shop_facts import ShopFacts, facts_of

FEW = 400
"""With fewer customers hardly any effect could be proven."""
BY_HAND = 200
"""So many customers a year a person can see to one by one."""
SUCCESS, WARNING, NEUTRAL = "success", "warning", "neutral"
TONES = (SUCCESS, WARNING, NEUTRAL)
WIN_BACK = "win_back"


@dataclass(frozen=True)
class Advice:
    """tone: success (recommended), warning (works, but proves little, or is too much) or neutral (not yet). words: the reason.

    audience: None where something is missing, so that nobody was counted.
    """

    tone: str
    title: str
    words: str
    audience: Audience | None = None

    @property
    def order(self) -> int:
        """The place of its tone: recommended comes first."""
        return TONES.index(self.tone)


def advise(shop: Shop, playbook: Playbook, now: datetime, facts: ShopFacts | None = None) -> Advice:
    """Whether to start a playbook, with the reason; of a large shop from a sample of it. Two queries beside the facts."""
    facts = facts or facts_of(shop, now)
    if not facts.customers:
        return Advice(NEUTRAL, _("No customers yet"), _("Import your customers and orders first."))
    needs = [NEEDS[name] for name in playbook.needs]
    missing = [one.words(facts) for one in needs if not one.is_there(facts)]
    if missing:
        return Advice(NEUTRAL, _("Something is missing"), " ".join(missing))
    found = audience_of(shop, playbook, playbook.defaults(), now, facts.sample)
    if not found.customers:
        words = _("No customer fits today: data are missing, or it is early.")
        return Advice(NEUTRAL, _("Nobody to reach yet"), words, found)
    if not found.reachable:
        return Advice(NEUTRAL, _("Nobody may be contacted"), _nobody(playbook), found)
    told = [one.words(facts) for one in needs]
    if facts.ranks.get(playbook.goal) == 1:
        told.append(_("It serves your first goal."))
    tone, title, words = _judged(playbook, facts, found)
    return Advice(tone, title, " ".join([*told, words]), found)


def _nobody(playbook: Playbook) -> str:
    if playbook.channel == "email":
        return _("Customers fit, but none of them has agreed to advertising by e-mail. Ask for consent first.")
    return _("Customers fit, but none of them may be contacted on this channel. Ask for consent first.")


def _judged(playbook: Playbook, facts: ShopFacts, found: Audience) -> tuple[str, str, str]:
    """Tone, title and the reason that lies in the shop's size."""
    n, customers = found.reachable, amount(facts.customers)
    if playbook.is_personal:
        return _by_hand(n, customers)
    if n >= FEW:
        if facts.is_dormant and playbook.goal == WIN_BACK:
            words = _(
                "Hardly anybody orders any more. Here are those who did, and enough of them to see what it causes."
            )
            return SUCCESS, _("Begin here"), words
        return SUCCESS, _("Recommended"), _("Enough customers to help and to see what it causes.")
    if facts.is_dormant and playbook.goal == WIN_BACK:
        words = ngettext(
            "Hardly anybody orders any more, and %(n)s customer who was worth most may be written to. An effect would not be seen"
            " with %(all)s customers; win them back all the same.",
            "Hardly anybody orders any more, and %(n)s customers who were worth most may be written to. An effect would not be"
            " seen with %(all)s customers; win them back all the same.",
            n,
        )
        return SUCCESS, _("Begin here"), words % {"n": amount(n), "all": customers}
    if facts.customers < FEW * 5:
        words = _(
            "With %(all)s customers an effect would not be seen: start it as a kindness, not as a test, and talk to the most"
            " valuable yourself."
        )
        return WARNING, _("Useful, hard to prove"), words % {"all": customers}
    words = _("It does good, but with so few customers its effect can hardly be proven.")
    return WARNING, _("Useful, hard to prove"), words


def _by_hand(n: int, customers: str) -> tuple[str, str, str]:
    if n > BY_HAND:
        words = _(
            "%(n)s customers would be on the list, too many for one person: choose a smaller segment in the settings, such as the"
            " most valuable."
        )
        return WARNING, _("Too many to do by hand"), words % {"n": amount(n)}
    words = ngettext(
        "With %(all)s customers, a word from you to this %(n)s beats a test: an effect would not be seen, but it is remembered.",
        "With %(all)s customers, a word from you to these %(n)s beats a test: an effect would not be seen, but it is remembered.",
        n,
    )
    return SUCCESS, _("Recommended"), words % {"n": amount(n), "all": customers}


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
