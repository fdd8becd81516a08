"""Whom a campaign would reach: counted before the launch, each customer under the first reason that keeps them out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.decide.contact_policy.budget import MONTH, WEEK
from regulars.decide.contact_policy.grounds import ADVERTISING
from regulars.decide.contact_policy.models import Contact, ContactFreeze, Suppression, TopicChoice
from regulars.decide.segments import rules
from regulars.decide.segments.estimate import Sample
from regulars.insights import effects
from regulars.insights.effects import SmallestVisible
from regulars.journeys import before_start
from regulars.know.customers.models import Customer, Identity

from .models import Campaign

REASONS: dict[str, Any] = {
    "test": _("test customers"),
    "topic": _("do not want this topic"),
    "objection": _("objected to advertising"),
    "no_address": _("no address"),
    "suppressed": _("address never written to"),
    "no_consent": _("no consent"),
    "frozen": _("no advertising now: an open matter"),
    "budget": _("heard from us often enough lately"),
}
"""Why somebody of the audience would not get it, in the order in which it is asked."""

LATER = ("frozen", "budget")
"""Reasons that may be gone when it is sent: these customers take part."""


@dataclass(frozen=True)
class Reach:
    """audience: members. refused: reason → number. allowed: who may be written to at all, and so would take part.
    reachable: everybody of the shop who may be. sampled: customers from whom it is estimated, 0 where all were counted."""

    audience: int
    allowed: int
    likely: int
    reachable: int
    refused: Mapping[str, int] = field(default_factory=dict)
    sampled: int = 0

    @property
    def share(self) -> float:
        """The part of all whom the shop can reach."""
        return self.allowed / self.reachable if self.reachable else 0.0

    def held_out(self, share: float) -> int:
        return round(self.allowed * share)


def members(campaign: Campaign, now: datetime) -> Any:
    """QuerySet of the customers of the audience; nobody where none was chosen."""
    rule = campaign.segment.rule if campaign.segment is not None else campaign.rule
    if rule is None:
        return Customer._base_manager.none()
    profiles = rules.queryset(campaign.shop, rule, now)
    return Customer._base_manager.filter(
        shop=campaign.shop, merged_into=None, erased_at=None, pk__in=profiles.values("customer_id")
    )


def reach_of(campaign: Campaign, now: datetime, sample: Sample | None = None) -> Reach:
    """The counts, or an estimate of them from a sample. Two queries, whatever the size.

    The budget is an estimate in any case: it looks at contacts made by now.
    """
    shop = campaign.shop
    people = _of(members(campaign, now), sample).annotate(why=_reason(shop, campaign, now))
    by_reason = dict(people.order_by().values_list("why").annotate(n=Count("pk")))
    if sample is not None:
        by_reason = {reason: sample.about(count) for reason, count in by_reason.items()}
    audience = sum(by_reason.values())
    refused = {reason: by_reason[reason] for reason in REASONS if by_reason.get(reason)}
    likely = audience - sum(refused.values())
    return Reach(
        audience=audience,
        allowed=likely + sum(refused.get(reason, 0) for reason in LATER),
        likely=likely,
        reachable=before_start.reachable(shop),
        refused=refused,
        sampled=sample.there if sample is not None else 0,
    )


def _of(people: Any, sample: Sample | None) -> Any:
    """Those of a QuerySet of customers who are in the sample; all without one."""
    return people if sample is None else people.filter(pk__among=sample.ids)


def is_everybody(campaign: Campaign, reach: Reach) -> bool:
    """Whether the audience is so large a part of all whom the shop can reach that somebody must say the number."""
    return before_start.is_everybody(reach.allowed, reach.reachable)


def smallest_effect(campaign: Campaign, reach: Reach, now: datetime, sample: Sample | None = None) -> SmallestVisible:
    """The smallest difference between treated and holdout that could be seen, told from what the members, or those of a
    sample, bought in the past."""
    return effects.smallest_visible(
        campaign.shop,
        _of(members(campaign, now), sample),
        float(campaign.holdout_share),
        campaign.outcome_days,
        now,
        size=reach.allowed,
    )


def _reason(shop: Shop, campaign: Campaign, now: datetime) -> Case:
    mine = {"customer_id": OuterRef("pk")}
    keys = Suppression._base_manager.filter(shop=shop, kind="email", key=OuterRef("key"))
    suppressed = Identity._base_manager.filter(Exists(keys), kind="email", **mine)
    frozen = ContactFreeze._base_manager.filter(Q(until=None) | Q(until__gt=now), since__lte=now, **mine)
    whens = [When(is_test=True, then=Value("test"))]
    if campaign.topic_id is not None:
        declined = TopicChoice._base_manager.filter(topic_id=campaign.topic_id, is_wanted=False, **mine)
        whens.append(When(Exists(declined), then=Value("topic")))
    whens += [
        When(profile__has_objected=True, then=Value("objection")),
        When(Q(profile__has_email=False) | Q(profile=None), then=Value("no_address")),
        When(Exists(suppressed), then=Value("suppressed")),
        When(profile__may_email=False, then=Value("no_consent")),
        When(Exists(frozen), then=Value("frozen")),
        When(
            Q(pk__in=_spent(shop, now - WEEK, shop.contacts_per_week))
            | Q(pk__in=_spent(shop, now - MONTH, shop.contacts_per_month)),
            then=Value("budget"),
        ),
    ]
    return Case(*whens, default=Value(""))


def _spent(shop: Shop, since: datetime, limit: int) -> Any:
    """Those who had so many contacts since that no more fits in."""
    recent = Contact._base_manager.filter(shop=shop, at__gt=since, purpose__in=ADVERTISING)
    return recent.order_by().values("customer_id").annotate(n=Count("pk")).filter(n__gte=limit).values("customer_id")
