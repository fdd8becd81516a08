"""Random histories: whatever happens in whatever order, nobody gets what they must not get."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.decide.contact_policy.actions import (
    Wish,
    confirm,
    freeze,
    grant_consent,
    grant_due,
    object_to_advertising,
    request,
    suppress,
    thaw,
    use,
    withdraw_consent,
)
from regulars.decide.contact_policy.budget import Budget
from regulars.decide.contact_policy.gate import clock_of
from regulars.decide.contact_policy.models import Consent, Contact, ContactRequest, Decision
from regulars.decide.contact_policy.quiet import is_quiet
from regulars.decide.experiments.actions import assign
from regulars.decide.experiments.models import Assignment

WHO = st.integers(0, 2)
STEP = st.one_of(
    st.tuples(
        st.just("ask"), WHO, st.integers(0, 2), st.sampled_from(["marketing", "research", "service"]),
        st.integers(0, 60), st.integers(1, 80),
    ),
    st.tuples(st.just("tick"), st.integers(1, 90)),
    st.tuples(st.just("send"), st.booleans()),
    st.tuples(st.just("withdraw"), WHO),
    st.tuples(st.just("consent"), WHO),
    st.tuples(st.just("object"), WHO),
    st.tuples(st.just("suppress"), WHO),
    st.tuples(st.just("freeze"), WHO),
    st.tuples(st.just("thaw"), WHO),
    st.tuples(st.just("erase"), WHO),
)  # fmt: skip


class World:
    """Three customers, three measures, and a model of what is forbidden, kept beside the records."""

    def __init__(self, shop: Any, customers: list[Any], measures: list[Any], now: datetime) -> None:
        self.shop, self.customers, self.measures, self.now = shop, customers, measures, now
        self.asked = 0
        self.no_ads: set[int] = set()
        self.no_mail: set[int] = set()
        self.no_consent: set[int] = set()
        self.frozen: set[int] = set()
        self.erased: set[int] = set()

    def play(self, step: tuple[Any, ...]) -> None:
        getattr(self, f"do_{step[0]}")(*step[1:])

    def do_ask(self, who: int, which: int, purpose: str, ahead: int, hours: int) -> None:
        self.asked += 1
        customer, measure = self.customers[who], self.measures[which]
        earliest = self.now + timedelta(hours=ahead)
        wish = Wish(
            customer.pk, measure.pk, "email", purpose, f"{customer.number}@example.com", measure.goal.rank,
            earliest, earliest + timedelta(hours=hours), f"k{self.asked}",
        )  # fmt: skip
        request(self.shop, [wish], self.now)

    def do_tick(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        grant_due(self.shop, self.now)
        self.check_ranks()

    def do_send(self, is_reversed: bool) -> None:
        granted = ContactRequest._base_manager.filter(status="granted", send_at__lte=self.now)
        for pk in sorted(granted.values_list("pk", flat=True), reverse=is_reversed):
            row = ContactRequest._base_manager.get(pk=pk)
            verdict = confirm(self.shop, [pk], self.now)[pk]
            if verdict.allowed:
                self.check_allowed(row)
                use(self.shop, [pk], self.now)

    def check_allowed(self, row: ContactRequest) -> None:
        who = row.customer_id
        assert who not in self.erased | self.no_mail
        assert self.now <= row.latest
        customer = next(one for one in self.customers if one.pk == who)
        if row.purpose == "service":
            return
        assert not is_quiet(self.now, clock_of(self.shop, customer.timezone, customer.country))
        assert who not in self.no_ads | self.no_consent | self.frozen
        assert not Assignment._base_manager.filter(customer_id=who, measure_id=row.measure_id, arm="holdout").exists()

    def check_ranks(self) -> None:
        """Who was refused for the budget could not have been let in by sending lower goals away."""
        for refused in Decision._base_manager.filter(at=self.now, stage="grant", reason="budget"):
            row = ContactRequest._base_manager.select_related("measure__goal").get(pk=refused.request_id)
            assert row.measure is not None
            kept = ContactRequest._base_manager.filter(
                customer_id=row.customer_id, status="granted", purpose__in=("marketing", "research"), confirmed_at=None
            ).select_related("measure__goal")
            better = [
                max(one.send_at, self.now)
                for one in kept
                if one.measure and one.send_at and one.measure.goal.rank <= row.measure.goal.rank
            ]
            made = Contact._base_manager.filter(customer_id=row.customer_id).exclude(purpose="service")
            times = [*better, *made.values_list("at", flat=True)]
            budget = Budget(self.shop.contacts_per_week, self.shop.contacts_per_month)
            late = row.latest < self.now + timedelta(days=4)
            assert late or not budget.has_room(times, max(row.earliest, self.now))
        for gone in Decision._base_manager.filter(at=self.now, reason="outranked"):
            assert gone.measure is not None
            taker = ContactRequest._base_manager.select_related("measure__goal").get(pk=gone.data["by"])
            assert taker.measure is not None
            assert taker.measure.goal.rank < gone.measure.goal.rank

    def do_withdraw(self, who: int) -> None:
        for purpose in ("marketing", "research"):
            withdraw_consent(self.shop, [self.customers[who].pk], "email", purpose, self.now, "test")
        self.no_consent.add(self.customers[who].pk)

    def do_consent(self, who: int) -> None:
        given = self.now + timedelta(seconds=1)
        for purpose in ("marketing", "research"):
            made = grant_consent(
                self.shop, self.customers[who].pk, "email", purpose, evidence={"form": "x"}, given_at=given, now=given
            )
            live = Consent._base_manager.filter(
                customer_id=self.customers[who].pk, purpose=purpose, state=Consent.State.GRANTED
            )
            assert made is not None or live.exists()
        self.now = given
        self.no_consent.discard(self.customers[who].pk)

    def do_object(self, who: int) -> None:
        object_to_advertising(self.shop, [self.customers[who].pk], self.now, "test")
        self.no_ads.add(self.customers[who].pk)

    def do_suppress(self, who: int) -> None:
        suppress(self.shop, "email", f"{self.customers[who].number}@example.com", "bounced", self.now)
        self.no_mail.add(self.customers[who].pk)

    def do_freeze(self, who: int) -> None:
        pk = self.customers[who].pk
        self.asked += 1
        freeze(self.shop, pk, "complaint", f"case:{pk}:{self.asked}", self.now)
        self.frozen.add(pk)

    def do_thaw(self, who: int) -> None:
        from regulars.decide.contact_policy.models import ContactFreeze

        pk = self.customers[who].pk
        for row in ContactFreeze._base_manager.filter(customer_id=pk):
            thaw(self.shop, row.cause, row.source_key, self.now)
        self.frozen.discard(pk)

    def do_erase(self, who: int) -> None:
        from regulars.core.personal_data import DECLARED

        customer = self.customers[who]
        type(customer)._base_manager.filter(pk=customer.pk).update(erased_at=self.now)
        for model in (Consent, ContactRequest):
            DECLARED[model].erase(self.shop, [customer.pk], self.now)
        self.erased.add(customer.pk)

    def check_budgets(self) -> None:
        for customer in self.customers:
            made = Contact._base_manager.filter(customer=customer).exclude(purpose="service").order_by("at")
            times = list(made.values_list("at", flat=True))
            for days, limit in ((7, self.shop.contacts_per_week), (30, self.shop.contacts_per_month)):
                for end in times:
                    window = [at for at in times if end - timedelta(days=days) <= at <= end]
                    assert len(window) <= limit, (days, times)


@pytest.mark.django_db
def test_random_histories_break_no_promise(shop: Any, make_customer: Any, make_measure: Any, now: datetime) -> None:
    shop.contacts_per_week, shop.contacts_per_month = 2, 3
    customers = [
        make_customer("Rosa"),
        make_customer("Nico", timezone="Asia/Tokyo"),
        make_customer("Lena", country="US"),
    ]
    measures = [
        make_measure("a", "win_back"),
        make_measure("b", "basket"),
        make_measure("c", "data", holdout_share="0.5"),
    ]
    for measure in measures:
        assign(shop, measure, [customer.pk for customer in customers], now)

    @given(steps=st.lists(STEP, min_size=4, max_size=30))
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    def history(steps: list[tuple[Any, ...]]) -> None:
        with transaction.atomic():
            world = World(shop, customers, measures, now)
            for step in steps:
                world.play(step)
            for hours in (1, 13, 24, 24):
                world.do_tick(hours)
                world.do_send(False)
            world.check_budgets()
            transaction.set_rollback(True)

    history()


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_batch(
    shop: Any, make_customer: Any, make_measure: Any, now: datetime
) -> None:
    measure = make_measure(holdout_share="0.2")
    counts = []
    for size, start in ((40, 0), (1000, 40)):
        people = [make_customer(f"C{number}") for number in range(start, start + size)]
        assign(shop, measure, [one.pk for one in people], now)
        wishes = [
            Wish(
                one.pk, measure.pk, "email", "marketing", f"{one.number}@example.com", 1, now,
                now + timedelta(hours=5), one.number,
            )
            for one in people
        ]  # fmt: skip
        with CaptureQueriesContext(connection) as asking:
            ids = list(request(shop, wishes, now).values())
        with CaptureQueriesContext(connection) as granting:
            assert grant_due(shop, now) == size
        with CaptureQueriesContext(connection) as confirming:
            verdicts = confirm(shop, ids, now)
        allowed = [pk for pk, verdict in verdicts.items() if verdict.allowed]
        assert 0 < len(allowed) < size
        with CaptureQueriesContext(connection) as using:
            assert use(shop, allowed, now) == len(allowed)
        counts.append([len(asking), len(granting), len(confirming), len(using)])
    assert counts[0] == counts[1]
    assert max(counts[1]) <= 19  # one of them asks whether a channel with a cap is among them


@pytest.mark.django_db
def test_merge_half_way_keeps_the_budget_and_the_no(
    shop: Any, rosa: Any, otto: Any, nico: Any, ask_for: Any, now: datetime
) -> None:
    from regulars.core.personal_data import DECLARED
    from regulars.decide.contact_policy.models import ContactFreeze, Objection

    shop.contacts_per_week = 1
    sent, planned = ask_for(nico), ask_for(rosa)
    grant_due(shop, now)
    use(shop, [sent], now)
    freeze(shop, [rosa.pk, nico.pk], "complaint", "case:1", now)
    thaw(shop, "complaint", "case:1", now)
    for model in (Consent, Contact, ContactRequest, Decision, Objection, ContactFreeze, Assignment):
        DECLARED[model].merge(shop, nico.pk, rosa.pk, now)
    assert confirm(shop, [planned], now)[planned].reason == "budget"
    another = ask_for(rosa)
    DECLARED[Objection].merge(shop, otto.pk, rosa.pk, now)
    grant_due(shop, now)
    assert ContactRequest._base_manager.get(pk=another).reason == "objection"
