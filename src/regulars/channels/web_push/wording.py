"""The words of the consent to messages in the browser. Whoever changes them raises VERSION: it stands in the evidence."""

from django.utils.translation import gettext as _
from django.utils.translation import override

from regulars.core.models import Shop

VERSION = 1


def wording(shop: Shop, locale: str) -> str:
    """What somebody agrees to, in this language."""
    with override(locale):
        return _(
            "%(shop)s may show me messages about news, offers and events on this device. I can end this at any time: here, in "
            "each message under “Settings”, or in the settings of my browser."
        ) % {"shop": shop.name}
