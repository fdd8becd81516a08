"""People told from machines: the rules by themselves, and judged in batches."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from regulars.decide.contact_policy.models import ContactRequest
from regulars.know.timeline.models import Event
from regulars.reach.messaging import machines
from regulars.reach.messaging.actions import judge
from regulars.reach.messaging.models import Delivery, Message, Template, TemplateVersion

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.mark.parametrize(
    ("agent", "rule"),
    [
        (FIREFOX, ""),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", ""),
        ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", ""),
        ("Mozilla/5.0", machines.PROXY),
        ("", machines.AGENT),
        ("  ", machines.AGENT),
        ("Barracuda Sentinel (EE)", machines.AGENT),
        ("Slackbot-LinkExpanding 1.0", machines.AGENT),
        ("python-requests/2.32", machines.AGENT),
    ],
)
def test_what_a_program_calls_itself(agent: str, rule: str) -> None:
    assert machines.by_agent(agent) == rule


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 4)), max_size=20))
def test_a_burst_is_three_links_within_the_span_and_nothing_else(clicks: list[tuple[int, int]]) -> None:
    from datetime import UTC, datetime

    start = datetime(2026, 6, 1, tzinfo=UTC)
    made = sorted((start + timedelta(seconds=at), link) for at, link in clicks)
    span = machines.BURST_SPAN
    expected = {
        at
        for at, _link in made
        if any(
            begin <= at <= begin + span
            and len({link for moment, link in made if begin <= moment <= begin + span}) >= machines.BURST_LINKS
            for begin, _first in made
        )
    }
    assert machines.burst(made) == expected


@pytest.fixture
def sent(shop: Any, now: Any, measure: Any) -> Any:
    """Makes a sent message that may be tracked."""
    template = Template._base_manager.create(shop=shop, key="news", name="News")
    version = TemplateVersion.objects.create(
        template=template, locale="de", version=1, subject="s", source="", created_at=now
    )

    def make(customer: Any, key: str) -> Message:
        request = ContactRequest._base_manager.create(
            shop=shop, customer=customer, channel="email", purpose="marketing", earliest=now, latest=now, key=key,
            created_at=now,
        )  # fmt: skip
        return Message._base_manager.create(
            shop=shop, customer=customer, measure=measure, request=request, version=version, purpose="marketing",
            address="a@example.com", message_id=f"{key}@x", may_track=True, key=key, created_at=now, status="done",
            sent_at=now - timedelta(hours=1),
        )  # fmt: skip

    return make


def respond(message: Message, kind: str, at: Any, link: int = 0, **more: Any) -> None:
    Delivery.objects.create(message=message, kind=kind, at=at, data={"link": link, **more})


def test_only_people_count_and_each_open_is_told_once(shop: Any, rosa: Any, nico: Any, now: Any, sent: Any) -> None:
    to_rosa, to_nico = sent(rosa, "r"), sent(nico, "n")
    respond(to_rosa, "opened", now)
    respond(to_rosa, "opened", now + timedelta(seconds=1))
    respond(to_rosa, "clicked", now + timedelta(seconds=2))
    for link in range(3):
        respond(to_nico, "clicked", now + timedelta(seconds=3 * link), link)
    respond(to_nico, "opened", now - timedelta(minutes=59, seconds=59))
    later = now + timedelta(minutes=1)
    assert judge(shop, later) == 7
    assert judge(shop, later) == 0
    to_rosa.refresh_from_db()
    to_nico.refresh_from_db()
    assert (to_rosa.first_opened_at, to_rosa.first_clicked_at) == (now, now + timedelta(seconds=2))
    assert (to_nico.first_opened_at, to_nico.first_clicked_at) == (None, None)
    rules = {one.data.get("rule") for one in Delivery.objects.filter(message=to_nico)}
    assert rules == {machines.BURST, machines.AT_DELIVERY}
    told = Event._base_manager.values_list("type", "customer_id", "at")
    assert set(told) >= {
        ("message.opened", rosa.pk, now),
        ("message.clicked", rosa.pk, now + timedelta(seconds=2)),
    }
    assert not Event._base_manager.filter(customer=nico, type__in=("message.opened", "message.clicked")).exists()


def test_what_has_not_settled_is_left(shop: Any, rosa: Any, now: Any, sent: Any) -> None:
    """A burst may still be under way: two links so far, the third a moment later."""
    message = sent(rosa, "r")
    respond(message, "clicked", now, 0)
    respond(message, "clicked", now + timedelta(seconds=4), 1)
    assert judge(shop, now + machines.SETTLE - timedelta(seconds=1)) == 0
    respond(message, "clicked", now + timedelta(seconds=9), 2)
    for second in (15, 20, 25):
        judge(shop, now + timedelta(seconds=second))
    assert Delivery.objects.filter(message=message, by_machine=True).count() == 3


def test_the_number_of_queries_does_not_grow(shop: Any, rosa: Any, now: Any, sent: Any) -> None:
    counts = []
    for size in (2, 20):
        messages = [sent(rosa, f"{size}-{n}") for n in range(size)]
        for message in messages:
            respond(message, "opened", now)
            respond(message, "clicked", now)
        with CaptureQueriesContext(connection) as queries:
            assert judge(shop, now + timedelta(minutes=1)) == 2 * size
        counts.append(len(queries))
    assert counts[0] == counts[1]
