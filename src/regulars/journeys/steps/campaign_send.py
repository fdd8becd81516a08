"""The step `campaign_send`: the message of a campaign. As `send`, but nobody is taken on while the campaign is paused."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.errors import Refused
from regulars.journeys.campaigns.models import HELD, Campaign
from regulars.journeys.fields import Field
from regulars.journeys.kinds import Batch, Move, Params, Publication
from regulars.journeys.words import Words
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.models import Template, TemplateVersion

from .send import Send
from .send_fields import SEND_FIELDS


class CampaignSend(Send):
    """template: of the shop, frozen as it is at the launch. subject: instead of its own, one text or one in each language.

    The campaign is locked while a batch is queued, so that a pause, once it is written, has all messages before it and none
    after it. Who comes while it is paused is held here until it goes on.
    """

    key = "campaign_send"
    title = gettext_lazy("Send the message of the campaign")
    icon = "mail"
    fields: ClassVar[Sequence[Field]] = (  # type: ignore[assignment]
        *(one for one in SEND_FIELDS if one.key in ("template", "voucher", "within_hours")),
        Field("subject", "words", Words(en="Subject", de="Betreff"), minimum=1, maximum=200),
    )

    def problems(self, params: Params) -> Any:
        if not params.get("template"):
            yield "template", _("say what to send: a template of the shop")

    def prepare(self, publication: Publication, params: Params) -> dict[str, Any]:
        return {**params, "template": _frozen(publication, params["template"], params.get("subject") or {})}

    def run(self, batch: Batch) -> list[Move]:
        campaign = Campaign._base_manager.select_for_update().filter(measure_id=batch.journey.measure_id).first()
        if campaign is None or campaign.status != Campaign.Status.PAUSED:
            return super().run(batch)
        there = messaging.states_of(batch.shop, [batch.key(one) for one in batch.enrolments])
        queued = [one for one in batch.enrolments if batch.key(one) in there]
        held = [Move(one, batch.step, HELD) for one in batch.enrolments if batch.key(one) not in there]
        moves = super().run(replace(batch, enrolments=queued)) if queued else []
        return held + [Move(one.enrolment, one.to, HELD) if one.to == batch.step else one for one in moves]


def _frozen(publication: Publication, key: str, subjects: Any) -> str:
    """Copies the newest version in each language, with the subject of the arm; returns the copy's key."""
    found = Template._base_manager.filter(shop=publication.shop, key=key).first()
    latest: dict[str, TemplateVersion] = {}
    for version in TemplateVersion.objects.filter(template=found).order_by("version") if found else ():
        latest[version.locale] = version
    if found is None or not latest:
        raise Refused(_("There is no template “%(key)s” that was published: publish it first.") % {"key": key})
    copy = publication.key(publication.part)
    for locale, one in sorted(latest.items()):
        subject = subjects if isinstance(subjects, str) else subjects.get(locale)
        name = f"{publication.measure.name}: {found.name}"
        messaging.save_template(
            publication.shop, copy, name, locale, subject or one.subject, one.preheader, one.source, publication.now,
            text=one.text, copy_of=found, channel=found.channel,
        )  # fmt: skip
    return copy
