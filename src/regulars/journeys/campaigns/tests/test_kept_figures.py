"""The pages of campaigns do a bounded amount of work: progress from kept numbers, the arms of large campaigns by the sweep."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from regulars.core import clock
from regulars.core.actions import create_staff
from regulars.core.models import Shop
from regulars.journeys.campaigns import actions, results, sweeps
from regulars.journeys.campaigns.actions import ArmDraft
from regulars.journeys.campaigns.models import HELD, Campaign
from regulars.journeys.campaigns.results import Shown, arms_figures, progress_of, shown_figures
from regulars.reach.messaging.models import Message

ADDRESS = "/s/plattenkiste/campaigns/sommer/"


@pytest.fixture
def sent(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], house: Any, templates: Any, now: datetime
) -> Campaign:
    """A campaign of two subjects that thirty people got."""
    crowd(30)
    arms = [ArmDraft(templates[0], {"de": text}, share=Decimal("0.5")) for text in ("Eins", "Zwei")]
    row = actions.launch(campaign(arms, tests="subject"), now)
    house.turn(now)
    house.hand_over(now)
    row.refresh_from_db()
    return row


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty people are many."""
    monkeypatch.setattr(results, "LARGE", 20)


def shown(row: Campaign, now: datetime) -> Shown:
    row.refresh_from_db()
    return shown_figures(row, progress_of([row])[row.pk], now)


def opens(people: int, at: datetime) -> None:
    ids = Message._base_manager.order_by("pk").values_list("pk", flat=True)[:people]
    Message._base_manager.filter(pk__in=list(ids)).update(first_opened_at=at)


def test_a_small_campaign_is_computed_when_it_is_looked_at(shop: Shop, sent: Campaign, now: datetime) -> None:
    later = now + timedelta(hours=1)
    assert sweeps.figures(shop, now) == 1
    opens(5, later)
    assert shown(sent, later) == Shown(arms_figures(sent, later), later)
    assert sum(one.opened for one in shown(sent, later).arms.values()) == 5
    assert sent.kept_figures == {}


@pytest.mark.postgres
@pytest.mark.usefixtures("large")
def test_the_figures_of_a_large_campaign_are_kept_and_say_of_when(shop: Shop, sent: Campaign, now: datetime) -> None:
    # given a large campaign that the sweep has not looked at: nothing is computed while somebody waits
    with CaptureQueriesContext(connection) as queries:
        assert shown_figures(sent, progress_of([sent])[sent.pk], now) == Shown({}, None)
    assert len(queries) == 3
    # when the sweep has looked
    opens(4, now)
    truth = arms_figures(sent, now)
    assert (sweeps.figures(shop, now), sweeps.figures(shop, now)) == (1, 0)
    # then the page has the same, and later what was true then, until the sweep looks again
    assert shown(sent, now) == Shown(truth, now)
    opens(9, now + timedelta(minutes=1))
    early, late = now + timedelta(minutes=9), now + timedelta(minutes=11)
    assert sweeps.figures(shop, early) == 0
    assert shown(sent, early) == Shown(truth, now)
    assert sweeps.figures(shop, late) == 1
    assert shown(sent, late) == Shown(arms_figures(sent, late), late)
    assert sum(one.opened for one in shown(sent, late).arms.values()) == 9


@pytest.mark.usefixtures("large")
def test_an_old_campaign_is_looked_at_daily_and_then_no_more(
    shop: Shop, sent: Campaign, house: Any, now: datetime
) -> None:
    house.turn(now + timedelta(hours=80))
    sent.refresh_from_db()
    assert sent.status == "done"
    # given that the days in which orders count are over
    after = now + timedelta(days=sent.outcome_days, hours=1)
    assert sweeps.figures(shop, after) == 1
    assert sweeps.figures(shop, after + timedelta(hours=23)) == 0
    assert sweeps.figures(shop, after + timedelta(hours=25)) == 1
    # when months have gone by
    much_later = after + timedelta(days=90)
    assert sweeps.figures(shop, much_later) == 1
    sent.refresh_from_db()
    assert sent.figures_due_at == HELD
    assert sweeps.figures(shop, much_later + timedelta(days=900)) == 0
    # then what was found stays
    assert shown(sent, much_later).at == much_later


def test_what_has_not_begun_is_not_looked_at(
    shop: Shop, campaign: Callable[..., Campaign], crowd: Any, now: datetime
) -> None:
    crowd(3)
    row = actions.launch(campaign(timing="moment", starts_at=now + timedelta(days=1)), now)
    assert (row.status, sweeps.figures(shop, now)) == ("planned", 0)


@pytest.mark.postgres
def test_the_progress_comes_from_kept_numbers(
    sent: Campaign, make_customer: Any, house: Any, crowd: Any, now: datetime
) -> None:
    progress = progress_of([sent])[sent.pk]
    assert (progress.treated, progress.held_out, progress.refused, progress.sent) == (30, 0, 0, 30)
    with CaptureQueriesContext(connection) as queries:
        progress_of([sent])
    assert len(queries) == 3
    assert not [
        one["sql"] for one in queries if "journeys_enrolment" in one["sql"] or "messaging_message" in one["sql"]
    ]


@pytest.mark.usefixtures("large")
def test_the_page_says_of_when_they_are(shop: Shop, sent: Campaign, client: Client, now: datetime) -> None:
    client.force_login(
        create_staff("owner@example.com", now=now, shop=shop, role="owner", locale="en"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    client.cookies["django_language"] = "en"
    before = client.get(ADDRESS).content.decode()
    assert "The figures are being computed" in before
    assert "Arms side by side" not in before
    assert sweeps.figures(shop, clock.now()) == 1
    after = client.get(ADDRESS).content.decode()
    assert "The figures are being computed" not in after
    assert "Arms side by side" in after
    assert "Figures as of" in after


def test_the_page_of_a_small_campaign_is_of_now(shop: Shop, sent: Campaign, client: Client, now: datetime) -> None:
    client.force_login(
        create_staff("owner@example.com", now=now, shop=shop, role="owner", locale="en"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    client.cookies["django_language"] = "en"
    page = client.get(ADDRESS).content.decode()
    assert "Arms side by side" in page
    assert "Figures as of" not in page
