"""Verbs of how mails go out: change the rules, pause a measure that goes wrong, continue it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.decide.goals.models import Measure
from regulars.reach.messaging.health import Finding, judge
from regulars.reach.messaging.models import Message, SendingPause, SendingRules


def rules_of(shop: Shop) -> SendingRules:
    """The shop's rules; the defaults where nobody has changed any. One query."""
    return SendingRules._base_manager.filter(shop=shop).first() or SendingRules(
        shop=shop, pause_bounces=0.05, pause_complaints=0.003
    )


@transaction.atomic
def change_rules(shop: Shop, now: datetime, staff: Staff | None = None, **fields: Any) -> SendingRules:
    """Changes rules of sending. Raises Refused naming what does not fit; then nothing is changed."""
    SendingRules._base_manager.get_or_create(shop=shop)
    rules = SendingRules._base_manager.select_for_update().get(shop=shop)
    before = {name: getattr(rules, name) for name in fields}
    if "per_domain" in fields:
        fields["per_domain"] = _limits(fields["per_domain"])
    for name, value in fields.items():
        setattr(rules, name, value)
    try:
        rules.full_clean(exclude=["shop"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        text = "; ".join(f"{name}: {' '.join(words)}" for name, words in error.message_dict.items())
        raise Refused(_("The settings cannot be saved: %(problems)s") % {"problems": text}) from error
    changed = sorted(name for name in fields if getattr(rules, name) != before[name])
    if changed:
        rules.save(update_fields=changed)
        audit("sending.changed", now=now, shop=shop, staff=staff, target=rules, fields=changed)
    return rules


def _limits(given: Mapping[str, Any]) -> dict[str, int]:
    limits = {}
    for domain, number in given.items():
        name = str(domain).strip().lower()
        if (
            not name
            or "@" in name
            or " " in name
            or not isinstance(number, int)
            or isinstance(number, bool)
            or number < 1
        ):
            raise Refused(_("“%(line)s” is not a domain with a number above 0.") % {"line": f"{domain} {number}"})
        limits[name] = number
    return limits


def paused_measures(shop: Shop) -> set[int]:
    """The measures whose messages wait. One query."""
    return set(SendingPause._base_manager.filter(shop=shop, ended_at=None).values_list("measure_id", flat=True))


def watch_measures(shop: Shop, now: datetime) -> int:
    """Pauses the running measures of which too many mails come back or are complained about; returns how many."""
    rules = rules_of(shop)
    paused = paused_measures(shop)
    running = Measure._base_manager.filter(shop=shop, status=Measure.Status.RUNNING).exclude(pk__in=paused)
    ended = dict(
        SendingPause._base_manager.filter(shop=shop, measure__in=running)
        .order_by("ended_at")
        .values_list("measure_id", "ended_at")
    )
    done = 0
    for measure in running:
        newest = _newest(measure, ended.get(measure.pk), rules.pause_window)
        found = judge(
            len(newest),
            sum(bounced is not None for bounced, _complained in newest),
            sum(complained is not None for _bounced, complained in newest),
            bounces_allowed=float(rules.pause_bounces),
            complaints_allowed=float(rules.pause_complaints),
            minimum=rules.pause_minimum,
        )
        if found is not None:
            done += pause(measure, found, now)
    return done


def _newest(measure: Measure, since: datetime | None, window: int) -> list[tuple[datetime | None, datetime | None]]:
    rows = Message._base_manager.filter(
        measure=measure, status__in=(Message.Status.DONE, Message.Status.FAILED), channel="email"
    )
    if since is not None:
        rows = rows.filter(sent_at__gt=since)
    return list(rows.order_by("-pk").values_list("bounced_at", "complained_at")[:window])


@transaction.atomic
def pause(measure: Measure, found: Finding, now: datetime) -> int:
    """Lets the measure's messages wait, for this reason. 0 where it is paused already."""
    Measure._base_manager.select_for_update(of=("self",)).get(pk=measure.pk)
    if SendingPause._base_manager.filter(measure=measure, ended_at=None).exists():
        return 0
    SendingPause._base_manager.create(
        shop=measure.shop, measure=measure, at=now, cause=found.cause, sent=found.sent, hits=found.hits,
        allowed=str(found.allowed),
    )  # fmt: skip
    audit(
        "measure.paused", now=now, shop=measure.shop, target=measure, cause=found.cause, hits=found.hits, sent=found.sent,
        allowed=found.allowed,
    )  # fmt: skip
    return 1


@transaction.atomic
def resume(measure: Measure, now: datetime, staff: Staff | None = None) -> bool:
    """Ends the pause: waiting messages go out unless it is too late for them. Only newer mails are judged from now on."""
    ended = SendingPause._base_manager.filter(measure=measure, ended_at=None).update(ended_at=now, ended_by=staff)
    if ended:
        audit("measure.continued", now=now, shop=measure.shop, staff=staff, target=measure)
    return bool(ended)
