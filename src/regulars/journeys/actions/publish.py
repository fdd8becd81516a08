"""Launching a playbook as a measure, publishing its definition, and stopping it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.decide.contact_policy import actions as contact_policy
from regulars.decide.contact_policy.models import ContactRequest
from regulars.decide.contact_policy.reachable import reachable_by
from regulars.decide.goals import actions as goals
from regulars.decide.goals.models import Measure
from regulars.decide.segments.estimate import Sample
from regulars.journeys.before_start import must_be_ready
from regulars.journeys.definition import draft, freeze, heard
from regulars.journeys.document import Document, of_playbook
from regulars.journeys.kinds import Publication, trigger_kinds
from regulars.journeys.models import Enrolment, Hearing, Journey
from regulars.journeys.playbook import Playbook, playbook_of
from regulars.journeys.settings import checked
from regulars.know.timeline.actions import record
from regulars.reach.messaging.models import Message
from regulars.reward.offers import actions as offers
from regulars.reward.offers.models import Voucher

from .advance import left_fact

CHUNK = 1000


@dataclass(frozen=True)
class Audience:
    """Customers whom a trigger may take in, and those of them who may be contacted on its channel today."""

    customers: int
    reachable: int
    is_estimated: bool = False


def audience_customers(shop: Shop, playbook: Playbook, settings: Mapping[str, Any], now: datetime) -> Any:
    """QuerySet of the customers whom a playbook's trigger may take in with these settings."""
    trigger, _steps = draft(playbook, checked(playbook.settings, settings))
    return trigger_kinds()[trigger.kind].audience(shop, trigger.params, now)


def audience_of(
    shop: Shop, playbook: Playbook, settings: Mapping[str, Any], now: datetime, sample: Sample | None = None
) -> Audience:
    """How many customers a playbook would reach with these settings; with `sample` about how many. Two queries at most."""
    customers = audience_customers(shop, playbook, settings, now)
    if sample is not None:
        customers = customers.filter(pk__among=sample.ids)
    may = customers
    if playbook.purpose != Measure.Purpose.SERVICE:
        may = customers.filter(reachable_by(playbook.channel))
    found, reachable = customers.count(), may.count()
    if sample is not None:
        return Audience(sample.about(found), sample.about(reachable), True)
    return Audience(found, reachable)


@transaction.atomic
def launch(
    shop: Shop,
    playbook_key: str,
    settings: Mapping[str, Any],
    now: datetime,
    staff: Staff | None = None,
    *,
    key: str | None = None,
    name: str = "",
    holdout_share: Decimal | str | None = None,
    take_present: bool = False,
    true_effect: Mapping[str, Any] | None = None,
    confirmed: str | None = None,
    agreed: int | None = None,
) -> Measure:
    """Starts a playbook as a measure of the shop: measure, frozen definition, templates, offers and segment.

    key, name: of the measure, by default the playbook's. take_present: the segment's members of today are taken in too.
    confirmed, agreed: as in `before_start.must_be_ready`.
    Raises Refused for a wrong setting, or when the measure runs already. A stopped one starts again with a new version.
    """
    playbook = playbook_of(playbook_key)
    values = checked(playbook.settings, settings)
    key = key or playbook.key.replace("_", "-")
    measure = Measure._base_manager.filter(shop=shop, key=key).first()
    if measure is None:
        with override(shop.locale):
            name = name or str(playbook.title)
        measure = goals.create_measure(
            shop,
            key,
            name,
            playbook.goal,
            playbook.kpi,
            playbook.purpose,
            holdout_share if holdout_share is not None else playbook.holdout_share,
            playbook.outcome_days,
            {"after_days": playbook.stop_after_days},
            now=now,
            staff=staff,
            true_effect=true_effect,
        )
    elif measure.status == Measure.Status.RUNNING:
        raise Refused(_("“%(name)s” is running already.") % {"name": measure.name})
    elif holdout_share is not None and Decimal(holdout_share) != measure.holdout_share:
        raise Refused(_("The holdout of a measure cannot be changed: its effect would no longer be comparable."))
    document = of_playbook(playbook, values)
    must_be_ready(shop, document, playbook, now, take_present=take_present, confirmed=confirmed, agreed=agreed)
    publish(measure, document, now, staff, playbook=playbook, settings=values, take_present=take_present)
    return goals.start_measure(measure, now, staff)


@transaction.atomic
def publish(
    measure: Measure,
    document: Mapping[str, Any],
    now: datetime,
    staff: Staff | None = None,
    *,
    playbook: Playbook | None = None,
    settings: Mapping[str, Any] | None = None,
    take_present: bool = False,
) -> Journey:
    """Freezes a document as the newest version of a measure; people half-way stay in theirs.

    playbook, settings: where the document was made from one. Raises Refused with the place of all that is wrong.
    """
    Measure._base_manager.select_for_update(of=("self",)).get(pk=measure.pk)
    before = Journey._base_manager.filter(measure=measure).order_by("-version").first()
    version = before.version + 1 if before else 1
    publication = Publication(measure.shop, measure, playbook or Document(document), version, now, staff)
    definition = freeze(publication, document)
    Journey._base_manager.filter(measure=measure, is_current=True).update(is_current=False, takes_present=False)
    journey: Journey = Journey._base_manager.create(
        shop=measure.shop,
        measure=measure,
        playbook=playbook.key if playbook else "",
        version=version,
        definition=definition,
        document=dict(document),
        settings=dict(settings or {}),
        takes_present=take_present and trigger_kinds()[definition["trigger"]["kind"]].takes_present,
        published_at=now,
    )
    Measure._base_manager.filter(pk=measure.pk).update(
        occasion=definition["trigger"].get("date", ""),
        topic=document.get("topic", ""),
        is_similar_goods=bool(document.get("similar_goods", False)),
    )
    Hearing._base_manager.bulk_create(
        Hearing(shop=measure.shop, journey=journey, type=one) for one in sorted(heard(definition))
    )
    audit("journey.published", now=now, shop=measure.shop, staff=staff, target=journey, settings=dict(settings or {}))
    return journey


@transaction.atomic
def stop(measure: Measure, now: datetime, staff: Staff | None = None) -> int:
    """Stops a measure at once: nobody enters, messages not yet sent are withdrawn, codes nobody saw are cancelled.

    Returns how many customers left because of it. Idempotent.
    """
    goals.stop_measure(measure, now, staff)
    left = 0
    while gone := clear_stopped(measure, now):
        left += gone
    return left


@transaction.atomic
def clear_stopped(measure: Measure, now: datetime, limit: int = CHUNK) -> int:
    """Lets up to `limit` customers leave a stopped measure; returns how many, 0 when nobody is left."""
    rows = list(
        Enrolment._base_manager.select_related("journey").filter(
            journey__measure=measure, status__in=(Enrolment.Status.DUE, Enrolment.Status.CLAIMED)
        )[:limit]
    )
    if not rows:
        return 0
    shop = measure.shop
    waiting = (ContactRequest.Status.WAITING, ContactRequest.Status.GRANTED)
    requests = ContactRequest._base_manager.filter(
        measure=measure, status__in=waiting, customer_id__in=[row.customer_id for row in rows]
    )
    contact_policy.withdraw_requests(shop, list(requests.values_list("pk", flat=True)), now, "stopped")
    unseen = _unseen_codes(rows)
    if unseen:
        offers.cancel(shop, unseen, now=now, reason="stopped")
    Enrolment._base_manager.filter(pk__in=[row.pk for row in rows]).update(
        status=Enrolment.Status.CANCELLED,
        exit_reason="stopped",
        ended_at=now,
        due_at=None,
        lease_token="",
        lease_until=None,
    )
    record(
        shop,
        [left_fact(row, measure, "stopped", now) for row in rows if row.arm == "treated"],
        now=now,
        source="journeys",
    )
    return len(rows)


def _unseen_codes(rows: Sequence[Enrolment]) -> list[str]:
    """Issue keys of codes that no message has shown: those carried by messages that were not sent."""
    carried: dict[str, list[str]] = {}
    for row in rows:
        for one in row.journey.definition["steps"]:
            if one["params"].get("voucher"):
                code = f"enrolment:{row.pk}:{one['params']['voucher']}"
                carried.setdefault(code, []).append(f"enrolment:{row.pk}:{one['key']}")
    issued = set(
        Voucher._base_manager.filter(
            shop_id=rows[0].shop_id, issue_key__in=list(carried), cancelled_at=None
        ).values_list("issue_key", flat=True)
    )
    messages = [key for code in issued for key in carried[str(code)]]
    shown = set(
        Message._base_manager.filter(
            shop_id=rows[0].shop_id,
            key__in=messages,
            status__in=(Message.Status.DONE, Message.Status.UNCERTAIN, Message.Status.CLAIMED),
        ).values_list("key", flat=True)
    )
    return sorted(str(code) for code in issued if not shown.intersection(carried[str(code)]))
