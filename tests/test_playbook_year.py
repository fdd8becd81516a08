"""A year (or the first months of it) in which every ready-made measure runs at once on one shop, through the real sweeps.

What must hold: contacts per customer within the band that is wanted, no one over budget, none against consent, none twice,
every holdout untouched, no more cards than the budget pays for; and each measure really did something.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.simulated import agrees

from regulars.core.actions import create_staff
from regulars.core.scoping import scope
from regulars.decide.contact_policy.actions import grant_consents, object_to_advertising, withdraw_consent
from regulars.decide.contact_policy.actions.consents import ConsentDraft
from regulars.decide.contact_policy.models import Consent, Contact, Objection
from regulars.decide.experiments.models import Assignment
from regulars.decide.goals.models import Measure
from regulars.decide.segments import actions as segments
from regulars.decide.segments.models import Segment
from regulars.journeys import actions
from regulars.journeys.models import Enrolment
from regulars.journeys.playbook import PLAYBOOKS
from regulars.know.customers.models import Customer, Identity
from regulars.know.orders.actions import (
    CheckoutDraft,
    LineDraft,
    OrderDraft,
    ProductDraft,
    ShipmentDraft,
    upsert_checkouts,
    upsert_orders,
    upsert_products,
    upsert_shipments,
)
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.channel import Outcome, State
from regulars.reach.messaging.models import Message
from regulars.reward.gatherings import actions as gatherings

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
DAYS = int(os.environ.get("REGULARS_PLAYBOOK_DAYS", "100"))
"""365 plays the year, in which every measure does something; it takes some minutes."""
PEOPLE = 36
FIRST_PERSON = 700_000  # with the salts below: the lots are the same in every run
WEEK_LIMIT, MONTH_LIMIT = 2, 4
BAND = (10, 12 * MONTH_LIMIT)
"""Contacts a year of regulars who agreed to mails: more than ten keep a dialogue, the budget keeps it from being a nuisance."""
CARDS = 3
ASIDE = (
    "insights.facts", "insights.fit", "insights.scores", "insights.effects", "calendar.count_days", "messaging.watch",
    "messaging.judge", "core.sizes", "signups.expire", "webhooks.send", "journeys.rehearse", "campaigns.run",
    "campaigns.figures", "mailbox.fetch", "files.import", "files.remove_old", "intake.normalise", "intake.forget",
)  # fmt: skip
SETTINGS: dict[str, dict[str, Any]] = {
    "surprise_note": {"share": 40, "budget": 3000, "cost": 1000},
    "review_request": {"after_days": 5},
}
READY_MADE = sorted(key for key, one in PLAYBOOKS.items() if ".tests" not in type(one).__module__)
NEW = (31, 32, 33, 34)
"""Those who have not ordered yet when the year begins."""
GOODS = {"JAZZ": "Jazz", "ROCK": "Rock", "FLUID": "Pflege"}


def number(n: int) -> str:
    return f"p{n}"


@pytest.fixture
def people(shop: Any) -> list[Any]:
    """36 customers: most are regulars with a rhythm of their own, some lapsed; three in four agreed to mails, half to calls;
    every sixth has not said yes yet and does so in the course of the year."""
    shop.contacts_per_week, shop.contacts_per_month = WEEK_LIMIT, MONTH_LIMIT
    shop.save()
    before = START - timedelta(days=500)
    made = Customer._base_manager.bulk_create(
        Customer(
            pk=FIRST_PERSON + n, shop=shop, number=number(n), first_name=f"P{n}", locale="de", birthday_day=1 + n % 28,
            birthday_month=1 + n % 12, created_at=before, updated_at=before,
        )
        for n in range(PEOPLE)
    )  # fmt: skip
    Identity._base_manager.bulk_create(
        Identity(shop=shop, customer=one, kind=kind, value=value, key=value, created_at=before)
        for n, one in enumerate(made)
        for kind, value in (("email", f"{number(n)}@example.com"), ("phone", f"+4930555{n:03}"))
    )
    drafts = [
        ConsentDraft(one.pk, channel, "marketing", before, {"form": "test"})
        for n, one in enumerate(made)
        for channel, says_yes in (("email", n % 6 != 0 and n % 9 != 0), ("phone", n % 2 == 0))
        if says_yes
    ]
    grant_consents(shop, drafts, now=before, is_history=True)
    goods = [ProductDraft(sku, sku.title(), category, price=1990) for sku, category in GOODS.items()]
    upsert_products(shop, goods, now=before, source="test", is_history=False)
    for n, one in enumerate(made):
        # the last third of them has stayed away since
        for days in () if n in NEW else range(420, 200 if n % 3 == 2 else 10, -(25 + n)):
            order(shop, one, START - timedelta(days=days), sku_of(n), is_history=True)
    return list(made)


def sku_of(n: int) -> str:
    return list(GOODS)[n % 3 if n % 2 else 2 * (n % 2 == 0)]


def order(shop: Any, one: Any, at: datetime, sku: str, *, is_history: bool = False) -> str:
    name = f"{one.number}-{sku}-{at:%Y%m%d}"
    draft = OrderDraft(name, at, [LineDraft(sku, sku.title(), 1, 3990, 3990)], customer_id=one.pk)
    upsert_orders(shop, [draft], now=at, source="test", is_history=is_history)
    return name


class Year:
    """What people do on each day of the year."""

    def __init__(self, shop: Any, people: list[Any]) -> None:
        self.shop, self.people, self.chance = shop, people, random.Random(14)
        self.staff = create_staff("sara@example.com", now=START, shop=shop, role="service")
        self.on_the_road: list[tuple[datetime, str]] = []

    def day(self, now: datetime) -> None:
        n = (now - START).days
        for place, one in enumerate(self.people):
            # lapsed ones seldom order; the others at about their rhythm
            if self.chance.random() < (0.002 if place % 3 == 2 else 1 / (28 + place)):
                self.on_the_road.append((now + timedelta(days=4), order(self.shop, one, now, sku_of(place))))
        for name in [name for at, name in self.on_the_road if at <= now]:
            parcel = ShipmentDraft(f"s-{name}", name, shipped_at=now - timedelta(days=2), delivered_at=now)
            upsert_shipments(self.shop, [parcel], now=now, source="test", is_history=False)
        self.on_the_road = [one for one in self.on_the_road if one[0] > now]
        if n % 3 == 0:
            self.leave_a_checkout(now)
        if n % 30 == 12:
            drafts = [ProductDraft(f"NEW{n}", f"Neu {n}", ("Jazz", "Rock", "Pflege")[n // 30 % 3], price=2490)]
            upsert_products(self.shop, drafts, now=now, source="test", is_history=False)
        if n % 60 == 20:
            agrees(self.shop, now, self.people[6 * (n // 60) % PEOPLE])
        if n % 90 == 40:
            self.plan_an_evening(now)
        if n in (100, 200):
            object_to_advertising(self.shop, [self.people[1 + n // 50].pk], now, source="test")
            withdraw_consent(self.shop, [self.people[5 + n // 50].pk], "email", "marketing", now, source="test")
        if n % 2 == 0:
            self.do_by_hand(now)

    def leave_a_checkout(self, now: datetime) -> None:
        active = now - timedelta(minutes=self.shop.checkout_left_minutes + 1)
        one = self.chance.choice(self.people)
        lines = [LineDraft("JAZZ", "Jazz", 1, 1990, 1990)]
        draft = CheckoutDraft(f"{one.number}-{now:%j}", active, active, lines, one.pk)
        upsert_checkouts(self.shop, [draft], now=now, source="test", is_history=False)

    def plan_an_evening(self, now: datetime) -> None:
        starts = now + timedelta(days=25)
        made = gatherings.create(
            self.shop, now=now, kind="reading", titles={"de": f"Abend {now:%j}"}, place="Laden", starts_at=starts,
            ends_at=starts + timedelta(hours=3),
        )  # fmt: skip
        gatherings.open_up(self.shop, made.pk, now=now)

    def do_by_hand(self, now: datetime) -> None:
        for channel in ("phone", "parcel_note"):
            taken = messaging.take_by_hand(self.shop, channel, now, self.staff, limit=20)
            outcomes = {one.pk: Outcome(one.pk, State.ACCEPTED) for one in taken}
            messaging.settle_by_hand(self.shop, taken, outcomes, now, self.staff)


@pytest.mark.slow
@pytest.mark.postgres
def test_all_ready_made_measures_run_for_a_year(
    shop: Any, people: list[Any], mail_sink: Any, live_until: Callable[..., datetime], settings: Any
) -> None:
    settings.REGULARS_CAMPAIGN_ASKS_ABOVE = 100  # some are for everybody
    assert len(READY_MADE) == 14
    with scope(shop=shop):
        segments.create_ready_made(shop, START)
        used = ("lapsed-valuable", "lapsing-regulars", "known-interest", "regulars")
        Segment.objects.exclude(key__in=used).update(is_watched=False)
    live_until(shop, START - timedelta(days=1), START, hours=24, skip=ASIDE)
    segments.write_scores(shop, {one.pk: {"m": 4 + n % 2} for n, one in enumerate(people)}, START)
    measures = {}
    for key in READY_MADE:
        # at the hour at which the days of this test begin; some playbooks wait for the evening
        hour = {"hour": 10} if any(one.key == "hour" for one in PLAYBOOKS[key].settings) else {}
        values = {**hour, **SETTINGS.get(key, {})}
        launched = actions.launch(shop, key, values, START, holdout_share="0.2", take_present=True, agreed=PEOPLE)
        Measure._base_manager.filter(pk=launched.pk).update(salt=key)
        measures[key] = launched
    year = Year(shop, people)

    # when a year passes
    live_until(shop, START, START + timedelta(days=DAYS), hours=24, each=year.day, skip=ASIDE)

    contacts = list(Contact._base_manager.values_list("customer_id", "channel", "at", "request__measure__key"))
    _nobody_over_budget([(customer, at) for customer, _channel, at, _key in contacts])
    _nobody_against_their_will(shop, contacts)
    _nothing_twice(mail_sink)
    _holdouts_untouched(measures)
    _no_more_cards_than_the_budget_pays(contacts)
    did = Counter(key.replace("-", "_") for _customer, _channel, _at, key in contacts)
    if DAYS >= 365:
        assert set(did) == set(READY_MADE), f"did nothing: {set(READY_MADE) - set(did)}"
        _within_the_band(people, contacts)
    assert not Enrolment._base_manager.filter(status="failed").exists()


def _within_the_band(people: list[Any], contacts: list[Any]) -> None:
    """Of regulars who agreed to mails all year, none lies below or above what is wanted, and the middle well inside."""
    each = Counter(customer for customer, *_rest in contacts)
    away = set(Objection._base_manager.values_list("customer_id", flat=True))
    agreed = Consent._base_manager.filter(channel="email", state="granted", given_at__lt=START, withdrawn_at=None)
    willing = set(agreed.values_list("customer_id", flat=True)) - away
    regulars = [one.pk for n, one in enumerate(people) if n % 3 != 2 and n not in NEW and one.pk in willing]
    counts = sorted(each[pk] for pk in regulars)
    assert len(counts) > 8
    low, high = BAND
    assert low <= counts[len(counts) // 2] <= high
    assert counts[0] >= low / 2
    assert max(each.values()) <= high


def _nobody_over_budget(contacts: list[tuple[int, datetime]]) -> None:
    times: dict[int, list[datetime]] = {}
    for customer_id, at in contacts:
        times.setdefault(customer_id, []).append(at)
    for moments in times.values():
        for end in moments:
            assert sum(end - timedelta(days=7) <= at <= end for at in moments) <= WEEK_LIMIT
            assert sum(end - timedelta(days=30) <= at <= end for at in moments) <= MONTH_LIMIT


def _nobody_against_their_will(shop: Any, contacts: list[Any]) -> None:
    spans: dict[tuple[int, str], list[tuple[datetime, datetime | None]]] = {}
    for row in Consent._base_manager.filter(shop=shop):
        spans.setdefault((row.customer_id, row.channel), []).append((row.given_at, row.withdrawn_at))
    objected = dict(Objection._base_manager.values_list("customer_id", "at"))
    for customer_id, channel, at, key in contacts:
        assert customer_id not in objected or at <= objected[customer_id], key
        if channel != "parcel_note":  # legitimate interest, unless somebody objects
            held = spans.get((customer_id, channel), [])
            assert any(given <= at and (ended is None or at <= ended) for given, ended in held), key


def _nothing_twice(mail_sink: Any) -> None:
    messages = Message._base_manager.filter(status="done")
    assert max(Counter(messages.values_list("key", flat=True)).values()) == 1
    assert mail_sink.count() == messages.filter(channel="email").count()
    entries = Enrolment._base_manager.values_list("journey__measure_id", "customer_id", "entry_key")
    assert max(Counter(entries).values()) == 1
    same_day = Counter(
        (who, what, at.date()) for who, what, at in messages.values_list("customer_id", "measure_id", "sent_at")
    )
    assert max(same_day.values()) == 1
    for key in ("welcome", "second-order"):
        once = Counter(messages.filter(measure__key=key).values_list("customer_id", "version__template__key"))
        assert not once or max(once.values()) == 1


def _holdouts_untouched(measures: dict[str, Any]) -> None:
    held = set(Assignment._base_manager.filter(arm="holdout").values_list("measure_id", "customer_id"))
    assert len(held) > 3
    assert not held & set(Message._base_manager.values_list("measure_id", "customer_id"))
    for key in ("interest_newsletter", "thank_you", "review_request") if DAYS >= 100 else ():
        arms = set(Enrolment._base_manager.filter(journey__measure=measures[key]).values_list("arm", flat=True)) - {""}
        assert arms == {"treated", "holdout"}, key


def _no_more_cards_than_the_budget_pays(contacts: list[Any]) -> None:
    months = Counter((at.year, at.month) for _customer, channel, at, _key in contacts if channel == "parcel_note")
    assert (
        not months or max(months.values()) <= CARDS + 1
    )  # one drawn at the end of a month lies in a parcel of the next
