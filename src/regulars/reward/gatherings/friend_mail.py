"""The mail to a friend whom a guest asked: who asks, to what, and the link to answer; no advertising."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.variables import variables
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.models import Template

KEY = "gathering-friend"
TEXTS = {
    "de": (
        "{{ friend.of }} fragt: Kommst du mit? {{ gathering.title }}",
        "Ein Klick sagt Ja oder Nein.",
        "{{ gathering.title }}",
        (
            "{{ friend.of }} geht hin und hat diese Adresse bei {{ shop.name }} eingetragen oder den Link dazu weitergegeben. "
            "Auf dieser Seite steht, was, wann und wo, und dort wird der Platz vergeben:"
        ),
        "Ansehen und antworten",
        (
            "Wenn Sie damit nichts anfangen können, tun Sie einfach nichts. Dann kommt keine weitere Mail, "
            "und die Adresse wird nach der Veranstaltung gelöscht."
        ),
    ),
    "en": (
        "{{ friend.of }} asks: will you come along? {{ gathering.title }}",
        "One click says yes or no.",
        "{{ gathering.title }}",
        (
            "{{ friend.of }} will be there and entered this address at {{ shop.name }}, or passed on the link. "
            "This page says what, when and where, and there the place is given:"
        ),
        "Look and answer",
        (
            "If this means nothing to you, just do nothing. No other mail comes then, and the address is deleted after the "
            "gathering."
        ),
    ),
}


@variables(
    "friend",
    fields={"of": _("first name of the guest who asks")},
    sample={"of": "Rosa"},
)
def friend(shop: Shop, customer_ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """Given with each mail to a friend; nothing is known of a customer by itself."""
    return {}


def ensure_template(shop: Shop, now: datetime) -> None:
    """Writes the template where the shop has none yet; what a shop changed stays."""
    if Template._base_manager.filter(shop=shop, key=KEY).exists():
        return
    for locale, (subject, preheader, title, ask, button, otherwise) in TEXTS.items():
        source = (
            f'<mj-section><mj-column><mj-text mj-class="headline">{title}</mj-text><mj-text>{ask}</mj-text>'
            f'<mj-button href="{{{{ gathering.url }}}}">{button}</mj-button>'
            f'<mj-text mj-class="small">{otherwise}</mj-text></mj-column></mj-section>'
        )
        messaging.save_template(shop, KEY, "Gathering: a friend asks", locale, subject, preheader, source, now)
