"""A season in which eight measures compete for thirty customers, through the real sweeps and a real mail server.

What must hold whatever the measures want: no one over budget, none against consent, none twice, every holdout untouched,
service messages never held back by advertising; and where two want the same place, the higher goal has it.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.simulated import NOTHING_TO_DO

from regulars.core.scoping import scope
from regulars.decide.contact_policy.actions import freeze, grant_consents, object_to_advertising, thaw, withdraw_consent
from regulars.decide.contact_policy.actions.consents import ConsentDraft
from regulars.decide.contact_policy.models import Consent, Contact, ContactFreeze, Decision, Objection
from regulars.decide.experiments.models import Assignment
from regulars.decide.goals.models import Measure
from regulars.decide.segments import actions as segments
from regulars.decide.segments.models import Segment
from regulars.journeys import actions
from regulars.journeys.models import Enrolment
from regulars.know.customers.models import Customer, Identity
from regulars.know.orders.actions import LineDraft, OrderDraft, upsert_orders
from regulars.reach.messaging.models import Message

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
DAYS = int(os.environ.get("REGULARS_SEASON_DAYS", "90"))
"""365 plays the year; it takes three minutes."""
PEOPLE = 30
FIRST_PERSON = 900_000  # with the salts below: the draw of the holdouts is the same in every run
WEEK_LIMIT, MONTH_LIMIT = 2, 5
BODY = "<mj-section><mj-column><mj-text>Hallo {{ customer.first_name }}</mj-text></mj-column></mj-section>"


def measure(key: str, goal: str, trigger: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A journey of one message, entered every time."""
    texts = {"de": {"subject": f"{key} {{{{ customer.first_name }}}}", "preheader": "", "source": BODY}}
    return {
        "format": 1,
        "key": key,
        "name": key,
        "goal": goal,
        "kpi": "returning_share",
        "holdout": 0.2,
        "reentry": {"rule": "every_time"},
        "stop": {"after_days": 3650},
        "trigger": trigger,
        "steps": [
            {"key": "mail", "kind": "send", "params": {"message": "hello", "within_hours": 48, "goes_on": True}},
            {"key": "end", "kind": "exit", "params": {}},
        ],
        "messages": {"hello": {"name": key, "texts": texts}},
        **parts,
    }


def weekly(*weekdays: int) -> dict[str, Any]:
    return {"kind": "schedule", "segment": "everybody", "every": "week", "weekdays": list(weekdays), "hour": 9}


def eight() -> list[dict[str, Any]]:
    """From the goal that counts most to the one that counts least; together they want far more than the budget holds."""
    ordered = {"kind": "event", "type": "order.placed"}
    return [
        measure("thanks", "win_back", ordered),
        measure("birthday", "hold", {"kind": "customer_date", "date": "birthday", "hour": 9}, reentry={"rule": "yearly"}),
        measure("offers", "basket", weekly(1, 4)),
        measure("newsletter", "attachment", weekly(2)),
        measure("magazine", "attachment", {"kind": "schedule", "segment": "everybody", "every": "month", "day": 31, "hour": 9}),
        measure("survey", "satisfaction", weekly(3), purpose="research"),
        measure("profile", "data", weekly(5)),
        measure("confirmation", "hold", ordered, purpose="service", holdout=0.0),
    ]  # fmt: skip


@pytest.fixture
def people(shop: Any) -> list[Any]:
    """Thirty customers; two thirds agreed to advertising, half of these to surveys; one in ten has no mail address."""
    shop.contacts_per_week, shop.contacts_per_month = WEEK_LIMIT, MONTH_LIMIT
    shop.save()
    before = START - timedelta(days=100)
    made = Customer._base_manager.bulk_create(
        Customer(
            pk=FIRST_PERSON + n, shop=shop, number=f"p{n}", first_name=f"P{n}", locale="de", birthday_day=1 + n % 28,
            birthday_month=1 + n % 12, created_at=before, updated_at=before,
        )
        for n in range(PEOPLE)
    )  # fmt: skip
    Identity._base_manager.bulk_create(
        Identity(shop=shop, customer=one, kind="email", value=address, key=address, created_at=before)
        for n, one in enumerate(made)
        for address in [f"{one.number}@example.com"]
        if n % 10
    )
    drafts = [
        ConsentDraft(one.pk, "email", purpose, before, {"form": "test"})
        for n, one in enumerate(made)
        for purpose in ("marketing", "research")
        if n % 3 and (purpose == "marketing" or n % 2)
    ]
    grant_consents(shop, drafts, now=before, is_history=True)
    return list(made)


@pytest.mark.slow
def test_eight_measures_compete_for_a_season(
    shop: Any, people: list[Any], mail_sink: Any, live_until: Callable[..., datetime], settings: Any
) -> None:
    settings.REGULARS_CAMPAIGN_ASKS_ABOVE = 100  # all eight are for everybody
    chance = random.Random(8)
    with scope(shop=shop):
        rule = {"field": "orders", "op": "at_least", "value": 0}
        segments.create_segment(shop, "Everybody", rule, now=START, key="everybody")
    live_until(shop, START - timedelta(days=1), START, hours=24, skip=NOTHING_TO_DO)
    measures = {}
    for document in eight():
        draft = actions.save_draft(shop, document, START)
        one = actions.publish_draft(
            draft, START, agreed=PEOPLE - PEOPLE // 3
        ).measure  # those who agreed to advertising
        Measure._base_manager.filter(pk=one.pk).update(salt=document["key"])
        measures[document["key"]] = one
    Segment._base_manager.exclude(key="everybody").delete()  # the ready-made ones, in which no measure has an interest

    # when people order, say no, agree anew, complain and are heard, at random
    def each(now: datetime) -> None:
        for one in chance.sample(people, 2):
            line = LineDraft(sku="LP", quantity=1, list_value=2000, value=2000)
            order = OrderDraft(number=f"{one.number}-{now:%j}", placed_at=now, lines=[line], customer_id=one.pk)
            upsert_orders(shop, [order], now=now, source="test", is_history=False)
        what, one = chance.random(), chance.choice(people)
        if what < 0.04:
            withdraw_consent(shop, [one.pk], "email", "marketing", now, source="test")
        elif what < 0.06:
            object_to_advertising(shop, [one.pk], now, source="test")
        elif what < 0.10:
            grant_consents(shop, [ConsentDraft(one.pk, "email", "marketing", now, {"form": "again"})], now=now)
        elif what < 0.16:
            freeze(shop, one.pk, "complaint", f"case-{now:%j}", now)
        for row in list(ContactFreeze._base_manager.filter(shop=shop, until=None, since__lt=now - timedelta(days=12))):
            thaw(shop, row.cause, row.source_key, now)

    live_until(shop, START, START + timedelta(days=DAYS), hours=24, each=each, skip=NOTHING_TO_DO)

    sent = list(
        Message._base_manager.filter(status="done").values_list(
            "customer_id", "measure__key", "purpose", "sent_at", "key"
        )
    )
    advertising = [row for row in sent if row[2] != "service"]
    assert len(advertising) > 100
    assert mail_sink.count() == len(sent)
    _nobody_over_budget(advertising)
    _nobody_against_their_will(shop, advertising)
    _nothing_twice()
    _holdouts_untouched(measures)
    _service_always_comes(measures["confirmation"])
    _higher_goals_have_the_place()
    assert not Enrolment._base_manager.filter(status="failed").exists()


def _nobody_over_budget(advertising: list[Any]) -> None:
    times: dict[int, list[datetime]] = {}
    for customer_id, at in Contact._base_manager.exclude(purpose="service").values_list("customer_id", "at"):
        times.setdefault(customer_id, []).append(at)
    assert sum(len(one) for one in times.values()) == len(advertising)
    full = 0
    for moments in times.values():
        for end in moments:
            week = sum(end - timedelta(days=7) <= at <= end for at in moments)
            month = sum(end - timedelta(days=30) <= at <= end for at in moments)
            assert week <= WEEK_LIMIT
            assert month <= MONTH_LIMIT
            full += month == MONTH_LIMIT
    assert full > 10  # the budget is really what held them back


def _nobody_against_their_will(shop: Any, advertising: list[Any]) -> None:
    spans: dict[tuple[int, str], list[tuple[datetime, datetime | None]]] = {}
    for row in Consent._base_manager.filter(shop=shop, channel="email"):
        if row.evidence:
            spans.setdefault((row.customer_id, row.purpose), []).append((row.given_at, row.withdrawn_at))
    objected = dict(Objection._base_manager.values_list("customer_id", "at"))
    frozen: dict[int, list[tuple[datetime, datetime | None]]] = {}
    for row in ContactFreeze._base_manager.all():
        frozen.setdefault(row.customer_id, []).append((row.since, row.until))

    for customer_id, _measure, purpose, at, _key in advertising:
        assert any(given <= at and (ended is None or at <= ended) for given, ended in spans[customer_id, purpose])
        assert customer_id not in objected or at <= objected[customer_id]
        assert not any(since < at and (until is None or at < until) for since, until in frozen.get(customer_id, []))


def _nothing_twice() -> None:
    entries = Enrolment._base_manager.values_list("journey__measure_id", "customer_id", "entry_key")
    assert max(Counter(entries).values()) == 1
    messages = Message._base_manager.filter(status="done")
    assert max(Counter(messages.values_list("key", flat=True)).values()) == 1
    # (two orders before a holiday are confirmed on the day after it, one mail each)
    advertising = messages.exclude(purpose="service").values_list("customer_id", "measure_id", "sent_at")
    same_day = Counter((who, what, at.date()) for who, what, at in advertising)
    assert max(same_day.values()) == 1


def _holdouts_untouched(measures: dict[str, Any]) -> None:
    held = set(Assignment._base_manager.filter(arm="holdout").values_list("measure_id", "customer_id"))
    assert len(held) > 10
    written = set(Message._base_manager.values_list("measure_id", "customer_id"))
    assert not held & written
    for key, one in measures.items():
        arms = set(Enrolment._base_manager.filter(journey__measure=one).values_list("arm", flat=True)) - {""}
        assert arms <= ({"treated"} if key == "confirmation" else {"treated", "holdout"}), key
        if key in ("offers", "newsletter", "survey", "profile"):  # the others meet too few people in a season
            assert arms == {"treated", "holdout"}, key


def _service_always_comes(confirmation: Any) -> None:
    rows = Message._base_manager.filter(measure=confirmation)
    assert rows.count() > 100
    assert Counter(rows.values_list("status", "reason")).keys() == {("done", "")}
    reasons = set(Decision._base_manager.filter(measure=confirmation).values_list("reason", flat=True))
    assert reasons <= {"ok", "quiet", "no_address"}


def _higher_goals_have_the_place() -> None:
    """Where several asked for one customer at the same moment, nobody got the place of a higher goal."""
    asked: dict[tuple[int, datetime], list[tuple[int, str]]] = {}
    rows = Decision._base_manager.filter(stage="grant", reason__in=("ok", "budget")).exclude(request__purpose="service")
    for customer_id, at, rank, reason in rows.values_list("customer_id", "at", "measure__goal__rank", "reason"):
        asked.setdefault((customer_id, at), []).append((rank, reason))
    contested = 0
    for one in asked.values():
        granted = [rank for rank, reason in one if reason == "ok"]
        refused = [rank for rank, reason in one if reason == "budget"]
        if granted and refused:
            contested += 1
            assert max(granted) <= min(refused)
    assert contested
