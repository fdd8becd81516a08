"""How many mails a domain gets in a minute: a token bucket for each, shared by all workers."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from regulars.core.claim import settle
from regulars.core.models import Shop
from regulars.reach.messaging.models import DomainPace, Message, SendingRules

BURST = 6
"""A domain that was left alone may get this part of a minute's mails at once: a sixth, so ten seconds' worth."""


def limit_of(rules: SendingRules, domain: str) -> int | None:
    """Mails a minute to this domain: its own limit, that of the domain above it, or the one for all. None: no limit."""
    limits: Mapping[str, int] = rules.per_domain
    while domain:
        if domain in limits:
            return limits[domain]
        domain = domain.partition(".")[2]
    return rules.per_minute


def in_turn(shop: Shop, rows: Sequence[Message], rules: SendingRules, now: datetime) -> list[Message]:
    """The rows that may go out now; the others are put off to when their turn will have come.

    Tokens are taken in one short transaction, so that two workers together keep to the limit. Nothing is asked where
    no limit is set.
    """
    if rules.per_minute is None and not rules.per_domain:
        return list(rows)
    by_domain: dict[str, list[Message]] = {}
    free: list[Message] = []
    for row in rows:
        domain = row.address.rpartition("@")[2].lower()
        (
            free if limit_of(rules, domain) is None or row.channel != "email" else by_domain.setdefault(domain, [])
        ).append(row)
    if not by_domain:
        return free
    put_off: dict[datetime, list[Message]] = {}
    with transaction.atomic():
        for pace in _paces(shop, by_domain, rules, now):
            limit = limit_of(rules, pace.domain)
            assert limit is not None
            waiting = by_domain[pace.domain]
            taken = take(pace, limit, len(waiting), now)
            free += waiting[:taken]
            for row, at in zip(waiting[taken:], slots(pace, limit, len(waiting) - taken, now), strict=True):
                put_off.setdefault(at, []).append(row)
            pace.save(update_fields=["tokens", "at", "put_off_until"])
        for at, group in put_off.items():
            # Waiting for its turn is no attempt.
            settle(group, Message.Status.DUE, due_at=at, attempts=F("attempts") - 1)
    return free


def _paces(shop: Shop, domains: Mapping[str, object], rules: SendingRules, now: datetime) -> list[DomainPace]:
    DomainPace._base_manager.bulk_create(
        [
            DomainPace(shop=shop, domain=domain, at=now, tokens=_room(limit_of(rules, domain) or 1))
            for domain in sorted(domains)
        ],
        ignore_conflicts=True,
    )
    rows = DomainPace._base_manager.select_for_update().filter(shop=shop, domain__in=domains)
    return list(rows.order_by("domain"))


def _room(limit: int) -> float:
    return max(1.0, limit / BURST)


def take(pace: DomainPace, limit: int, wanted: int, now: datetime) -> int:
    """Takes up to `wanted` tokens out of the bucket after filling it up; returns how many."""
    passed = max(0.0, (now - pace.at).total_seconds())
    pace.tokens = min(_room(limit), pace.tokens + passed * limit / 60)
    pace.at = max(pace.at, now)
    taken = min(wanted, int(pace.tokens + 1e-9))
    pace.tokens -= taken
    return taken


def slots(pace: DomainPace, limit: int, count: int, now: datetime) -> list[datetime]:
    """When the next `count` turns come, behind those that wait already; in whole seconds, so that they move as sets."""
    start = max(now, pace.put_off_until or now)
    step = 60 / limit
    found = [start + timedelta(seconds=round((number + 1) * step)) for number in range(count)]
    if found:
        pace.put_off_until = start + timedelta(seconds=count * step)
    return [max(one, now + timedelta(seconds=1)) for one in found]
