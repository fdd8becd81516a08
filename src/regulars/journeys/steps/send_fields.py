"""What the step `send` may be told, and the template of the shop that it may name."""

from django.utils.translation import gettext as _

from regulars.core.errors import Refused
from regulars.journeys.fields import Field
from regulars.journeys.kinds import Publication
from regulars.journeys.words import Words
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.models import Template, TemplateVersion

SEND_FIELDS = (
    Field("message", "message", Words(en="Message", de="Nachricht")),
    Field("template", "template", Words(en="Template of the shop", de="Vorlage des Shops")),
    Field("voucher", "earlier_step", Words(en="Carries the voucher of", de="Enthält den Gutschein von")),
    Field(
        "within_hours",
        "duration",
        Words(en="Welcome within", de="Willkommen innerhalb von"),
        Words(en="Later it is not sent any more.", de="Danach wird sie nicht mehr gesendet."),
        default=72,
        minimum=1,
        maximum=8760,
        unit="hours",
    ),
    Field("same_day", "flag", Words(en="Only on the same day", de="Nur am selben Tag"), default=False),
    Field(
        "goes_on",
        "flag",
        Words(en="Go on if it is not sent", de="Weiter, auch wenn sie nicht gesendet wird"),
        Words(en="Otherwise the journey ends there.", de="Sonst endet die Journey dort."),
        default=False,
    ),
)


def frozen_template(publication: Publication, key: str) -> str:
    """Copies a template of the shop as it is now, so that a later edit moves nobody half-way; returns the copy's key.

    Raises Refused when there is none.
    """
    found = Template._base_manager.filter(shop=publication.shop, key=key).first()
    if found is None:
        raise Refused(_("There is no template called “%(key)s”: make it first, or choose another.") % {"key": key})
    copy = publication.key(publication.part)
    latest: dict[str, TemplateVersion] = {}
    for version in TemplateVersion.objects.filter(template=found).order_by("version"):
        latest[version.locale] = version
    for locale, one in sorted(latest.items()):
        name = f"{publication.measure.name}: {found.name}"
        messaging.save_template(
            publication.shop, copy, name, locale, one.subject, one.preheader, one.source, publication.now,
            text=one.text, copy_of=found, channel=found.channel,
        )  # fmt: skip
    return copy
