"""The mail that asks for confirmation: short, without any advertising, in German and English."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.variables import variables
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.models import Template

KEY = "signup-confirmation"

TEXTS = {
    "de": (
        "Bitte bestätigen: Post von {{ shop.name }}",
        "Ein Klick fehlt noch.",
        "Fast geschafft",
        "Jemand hat diese Adresse bei {{ shop.name }} eingetragen. Wenn Sie das waren, bestätigen Sie es bitte:",
        "Ja, ich bestätige",
        "Damit sagen Sie:",
        (
            "Wenn Sie es nicht waren, tun Sie einfach nichts. Ohne Bestätigung kommt keine Werbung, und die Adresse wird "
            "nach 14 Tagen gelöscht."
        ),
    ),
    "en": (
        "Please confirm: mail from {{ shop.name }}",
        "One click is missing.",
        "Almost done",
        "Somebody entered this address at {{ shop.name }}. If it was you, please confirm:",
        "Yes, I confirm",
        "By this you say:",
        (
            "If it was not you, just do nothing. Without confirmation no advertising comes, and the address is deleted "
            "after 14 days."
        ),
    ),
}


@variables(
    "signup",
    fields={"url": _("link that confirms"), "wording": _("words of the consent")},
    sample={"url": "https://example.com/k/…", "wording": "…"},
)
def signup(shop: Shop, customer_ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """Given with each confirmation mail; nothing is known of a customer by itself."""
    return {}


def ensure_template(shop: Shop, now: datetime) -> None:
    """Writes the template where the shop has none yet; what a shop changed stays."""
    if Template._base_manager.filter(shop=shop, key=KEY).exists():
        return
    for locale, (subject, preheader, title, ask, button, words, otherwise) in TEXTS.items():
        source = (
            f'<mj-section><mj-column><mj-text mj-class="headline">{title}</mj-text><mj-text>{ask}</mj-text>'
            f'<mj-button href="{{{{ signup.url }}}}">{button}</mj-button>'
            f'<mj-text mj-class="small">{words} „{{{{ signup.wording }}}}“</mj-text>'
            f'<mj-text mj-class="small">{otherwise}</mj-text></mj-column></mj-section>'
        )
        messaging.save_template(shop, KEY, "Sign-up confirmation", locale, subject, preheader, source, now)
