"""Drafts: a campaign as somebody writes it; it may be unfinished. Only a draft can be changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.decide.goals.models import Measure
from regulars.journeys.campaigns.blueprint import document_of
from regulars.journeys.campaigns.models import ARM_KEYS, Arm, Campaign, arms_of
from regulars.journeys.document import problems as document_problems
from regulars.reach.messaging.models import TemplateVersion

FIELDS = (
    "name", "goal", "kpi", "segment", "rule", "topic", "holdout_share", "outcome_days", "timing", "starts_at", "day",
    "within_hours", "per_hour", "tests", "test_share", "winner_by", "wait_hours", "least",
)  # fmt: skip
FEWEST, MOST = 2, 5
"""Arms of a test."""


@dataclass(frozen=True)
class ArmDraft:
    """One arm as it is written; in the order of the list it gets its key."""

    template: Any = None
    subjects: Mapping[str, str] = field(default_factory=dict)
    offer: Mapping[str, Any] = field(default_factory=dict)
    hour: int | None = None
    share: Decimal = Decimal(1)


@transaction.atomic
def save(
    shop: Shop,
    values: Mapping[str, Any],
    arms: Sequence[ArmDraft] | None,
    now: datetime,
    staff: Staff | None = None,
    *,
    campaign: Campaign | None = None,
) -> Campaign:
    """Makes a draft, or changes one: only what `values` names; the arms all together, or not at all (None).

    Raises Refused for one that was launched already, or for too many arms.
    """
    if campaign is None:
        name = str(values.get("name") or "").strip()
        if not name:
            raise Refused(_("A campaign needs a name."))
        row = Campaign(shop=shop, key=_free_key(shop, name), created_at=now)
    else:
        row = locked(campaign)
        if row.status != Campaign.Status.DRAFT:
            raise Refused(_("“%(name)s” was launched already: copy it to change it.") % {"name": row.name})
    for name, value in values.items():
        if name not in FIELDS:
            raise Refused(_("A campaign has no “%(name)s”.") % {"name": name})
        setattr(row, name, value)
    row.updated_at, row.updated_by = now, staff
    row.save()
    if arms is not None:
        if not 1 <= len(arms) <= MOST:
            raise Refused(_("A campaign has 1 to %(most)s arms.") % {"most": MOST})
        Arm.objects.filter(campaign=row).delete()
        Arm.objects.bulk_create(
            Arm(
                campaign=row,
                key=key,
                template=one.template,
                subjects={locale: text for locale, text in one.subjects.items() if text},
                offer=dict(one.offer),
                hour=one.hour,
                share=one.share,
            )
            for key, one in zip(ARM_KEYS, arms, strict=False)
        )
    audit("campaign.saved", now=now, shop=shop, staff=staff, target=row)
    return row


@transaction.atomic
def copy(campaign: Campaign, now: datetime, staff: Staff | None = None) -> Campaign:
    """A new draft with the same words; when it goes out is open again."""
    values = {name: getattr(campaign, name) for name in FIELDS}
    values |= {"name": _("%(name)s (copy)") % {"name": campaign.name[:100]}, "starts_at": None, "day": None}
    if not values["segment"] and values["rule"] is None:
        values["rule"] = None
    arms = [ArmDraft(arm.template, arm.subjects, arm.offer, arm.hour, arm.share) for arm in arms_of(campaign)]
    return save(campaign.shop, values, arms or None, now, staff)


@transaction.atomic
def delete(campaign: Campaign, now: datetime, staff: Staff | None = None) -> None:
    """Throws a draft away. What was launched stays."""
    row = locked(campaign)
    if row.status != Campaign.Status.DRAFT:
        raise Refused(_("“%(name)s” was launched: it cannot be thrown away.") % {"name": row.name})
    audit("campaign.deleted", now=now, shop=row.shop, staff=staff, target=row, key=row.key)
    row.delete()


def locked(campaign: Campaign) -> Campaign:
    """The campaign as it is now, held by this transaction."""
    found: Campaign = (
        Campaign._base_manager.select_for_update(of=("self",))
        .select_related("shop", "segment", "topic", "measure")
        .get(pk=campaign.pk)
    )
    return found


def _free_key(shop: Shop, name: str) -> str:
    base = slugify(name)[:32].strip("-_") or "campaign"
    key, number = base, 1
    while (
        Campaign._base_manager.filter(shop=shop, key=key).exists()
        or Measure._base_manager.filter(shop=shop, key=key).exists()
    ):
        number += 1
        key = f"{base}-{number}"
    return key


def problems(campaign: Campaign, arms: Sequence[Arm], now: datetime) -> list[tuple[str, str]]:
    """All that keeps a draft from being launched: pairs of the step of the form and words that say the remedy."""
    found = [*_audience_problems(campaign), *_message_problems(campaign, arms), *_time_problems(campaign, arms, now)]
    if not found:
        found += [("check", str(one)) for one in document_problems(document_of(campaign, arms))]
    return found


def _audience_problems(campaign: Campaign) -> list[tuple[str, str]]:
    if campaign.segment is None and campaign.rule is None:
        return [("audience", _("Say to whom it goes: choose a segment."))]
    return []


def _message_problems(campaign: Campaign, arms: Sequence[Arm]) -> list[tuple[str, str]]:
    found = []
    if not arms or any(arm.template is None for arm in arms):
        found.append(("message", _("Choose the mail to send.")))
    templates = {arm.template_id for arm in arms if arm.template_id}
    there = set(TemplateVersion.objects.filter(template__in=templates).values_list("template_id", flat=True))
    for arm in arms:
        if arm.template is not None and arm.template_id not in there:
            words = _("“%(name)s” was not published yet: publish the mail first.")
            found.append(("message", words % {"name": arm.template.name}))
    if campaign.tests and not FEWEST <= len(arms) <= MOST:
        found.append(("test", _("A test compares 2 to 5 arms.")))
    if campaign.tests and len(arms) > 1:
        if any(arm.share <= 0 for arm in arms):
            found.append(("test", _("Every arm needs a share above 0.")))
        if not _differ(campaign, arms):
            found.append(("test", _("The arms are all the same: change what is compared.")))
    if campaign.waits_for_winner and not Decimal("0.01") <= (campaign.test_share or 0) <= Decimal("0.9"):
        found.append(("test", _("The part that is tried out lies between 1 and 90 percent.")))
    return found


def _differ(campaign: Campaign, arms: Sequence[Arm]) -> bool:
    said = [
        {
            Campaign.Tests.SUBJECT: sorted(arm.subjects.items()) or arm.template_id,
            Campaign.Tests.CONTENT: arm.template_id,
            Campaign.Tests.OFFER: sorted(arm.offer.items()),
            Campaign.Tests.TIME: arm.hour,
        }[Campaign.Tests(campaign.tests)]
        for arm in arms
    ]
    return all(one not in said[:place] for place, one in enumerate(said))


def _time_problems(campaign: Campaign, arms: Sequence[Arm], now: datetime) -> list[tuple[str, str]]:
    if campaign.timing == Campaign.Timing.LOCAL:
        if campaign.day is None or any(arm.hour is None for arm in arms):
            return [("time", _("Say on which day and at what hour."))]
        if campaign.day < now.date():
            return [("time", _("The day is over: choose a later one."))]
    elif campaign.tests == Campaign.Tests.TIME:
        return [("time", _("To compare times of day, let it go out on each customer’s own clock."))]
    if campaign.timing == Campaign.Timing.MOMENT:
        if campaign.starts_at is None:
            return [("time", _("Say when it goes out."))]
        if campaign.starts_at <= now:
            return [("time", _("The moment is over: choose a later one, or send it at once."))]
    return []
