"""A measure that pauses itself: beyond doubt, with its reason on its page, until a person continues it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from regulars.core.actions import create_staff
from regulars.core.models import AuditEntry
from regulars.decide.contact_policy.actions import grant_due
from regulars.reach.messaging.actions import pause, resume, schedule, send_due, watch_measures
from regulars.reach.messaging.health import Finding, judge, lower_bound
from regulars.reach.messaging.models import Message, SendingPause

RULES = {"bounces_allowed": 0.05, "complaints_allowed": 0.003, "minimum": 50}


@pytest.mark.parametrize(
    ("sent", "bounces", "complaints", "cause"),
    [
        (3, 1, 0, None),
        (49, 49, 0, None),
        (50, 1, 0, None),
        (50, 3, 0, None),
        (50, 5, 0, None),
        (50, 6, 0, "bounces"),
        (1000, 50, 0, None),
        (1000, 61, 0, None),
        (1000, 62, 0, "bounces"),
        (1000, 0, 5, None),
        (1000, 0, 6, "complaints"),
        (100, 0, 1, None),
        (100, 0, 2, "complaints"),
        (1000, 100, 20, "complaints"),
    ],
)
def test_the_rule(sent: int, bounces: int, complaints: int, cause: str | None) -> None:
    found = judge(sent, bounces, complaints, **RULES)
    assert (found.cause if found else None) == cause


def test_the_bound_is_wilsons() -> None:
    # scipy.stats.binomtest(10, 100).proportion_ci(0.90, method="wilson").low
    assert lower_bound(10, 100) == pytest.approx(0.060718667)
    assert lower_bound(0, 0) == lower_bound(0, 10) == 0


@given(st.integers(1, 2000).flatmap(lambda sent: st.tuples(st.just(sent), st.integers(0, sent))))
def test_the_bound_lies_below_the_share_and_grows_with_it(pair: tuple[int, int]) -> None:
    sent, hits = pair
    assert 0 <= lower_bound(hits, sent) <= hits / sent
    assert lower_bound(hits, sent) <= lower_bound(min(sent, hits + 1), sent)


@pytest.fixture
def went_out(
    shop: Any, now: datetime, measure: Any, queue: Callable[..., Any], make_customer: Any
) -> Callable[..., None]:
    """`went_out(60, bounced=10)`: mails of the measure that were sent, the first of which came back."""
    numbers = iter(range(10_000))

    def make(count: int, bounced: int = 0, complained: int = 0, at: datetime = now) -> None:
        ids = list(queue(*[make_customer(f"C{next(numbers)}") for _one in range(count)]).values())[-count:]
        rows = Message._base_manager
        rows.filter(pk__in=ids).update(status="done", sent_at=at)
        rows.filter(pk__in=ids[:bounced]).update(bounced_at=at)
        rows.filter(pk__in=ids[:complained]).update(complained_at=at)

    return make


@pytest.mark.django_db
def test_it_pauses_waits_and_goes_on(
    shop: Any, now: datetime, measure: Any, rosa: Any, queue: Any, went_out: Any, mail_server: Any
) -> None:
    went_out(60, bounced=10)
    assert watch_measures(shop, now) == 1
    assert watch_measures(shop, now) == 0
    found = SendingPause._base_manager.get()
    assert (found.cause, found.hits, found.sent) == ("bounces", 10, 60)
    assert AuditEntry.objects.get(verb="measure.paused").data == {
        "cause": "bounces", "hits": 10, "sent": 60, "allowed": 0.05,
    }  # fmt: skip
    queue(rosa)
    grant_due(shop, now)
    schedule(shop, now)
    assert send_due(shop, now) == 0
    assert Message._base_manager.get(key="marketing:rosa").status == "due"
    assert resume(measure, now + timedelta(minutes=5))
    assert not resume(measure, now + timedelta(minutes=5))
    assert send_due(shop, now + timedelta(minutes=5)) == 1
    assert mail_server.count() == 1
    later = now + timedelta(hours=1)
    assert watch_measures(shop, later) == 0  # only newer mails are judged
    went_out(60, bounced=10, at=later)
    assert watch_measures(shop, later) == 1


@pytest.mark.django_db
def test_other_measures_and_service_mails_are_not_held_up(
    shop: Any, now: datetime, measure: Any, rosa: Any, nico: Any, mail_server: Any, queue: Any
) -> None:
    pause(measure, Finding("complaints", 9, 1000, 0.003), now)
    queue(rosa)
    queue(nico)
    Message._base_manager.filter(key="marketing:nico").update(measure=None)
    grant_due(shop, now)
    schedule(shop, now)
    assert send_due(shop, now) == 1
    assert [kept.recipient for kept in mail_server.latest(limit=5)] == ["nico@example.com"]


@pytest.mark.django_db
def test_a_stopped_measure_is_not_watched_and_queries_do_not_grow_with_mails(
    shop: Any, now: datetime, measure: Any, went_out: Any
) -> None:
    counts = []
    for size in (60, 120):
        went_out(size)
        with CaptureQueriesContext(connection) as asked:
            assert watch_measures(shop, now) == 0
        counts.append(len(asked))
    assert counts[0] == counts[1]
    went_out(60, bounced=60)
    measure.__class__._base_manager.filter(pk=measure.pk).update(status="stopped")
    assert watch_measures(shop, now) == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "may"), [("owner", True), ("marketer", True), ("service", False), ("analyst", False), ("till", False)]
)
def test_who_may_continue_and_who_may_change_the_rules(
    role: str, may: bool, client: Any, shop: Any, now: datetime, measure: Any
) -> None:
    pause(measure, Finding("bounces", 10, 60, 0.05), now)
    client.force_login(
        create_staff(f"{role}@example.com", now=now, shop=shop, role=role),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    answer = client.post(f"/s/{shop.slug}/measures/win-back/continue/")
    assert answer.status_code == (302 if may else 403)
    assert SendingPause._base_manager.filter(ended_at=None).exists() is not may
    settings_page = client.get(f"/s/{shop.slug}/settings/sending/")
    assert settings_page.status_code == (200 if role == "owner" else 403)


@pytest.mark.django_db
def test_the_pages_tell_why_and_what_does_not_fit(client: Any, shop: Any, now: datetime, measure: Any) -> None:
    owner = create_staff("o@example.com", now=now, shop=shop, role="owner", locale="en")
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    client.cookies["django_language"] = "en"
    pause(measure, Finding("bounces", 10, 60, 0.05), now)
    page = client.get(f"/s/{shop.slug}/measures/win-back/").content.decode()
    assert "10 of the newest 60 mails came back" in page
    assert "/measures/win-back/continue/" in page
    address = f"/s/{shop.slug}/settings/sending/"
    values = {"pause_bounces": "5", "pause_complaints": "0.3", "pause_window": "1000", "pause_minimum": "50"}
    bad = client.post(address, values | {"per_domain": "t-online.de sixty"})
    assert bad.status_code == 422
    assert "is not a domain with a number above 0" in bad.content.decode()
    assert client.post(address, values | {"per_domain": "T-Online.de: 60\n\nweb.de 30"}).status_code == 302
    assert "t-online.de 60" in client.get(address).content.decode()
