"""The pages of campaigns, through the door a person uses."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from regulars.core.actions import create_staff
from regulars.journeys.campaigns import actions
from regulars.journeys.campaigns.models import Campaign

HOME = "/s/plattenkiste/campaigns/"


@pytest.fixture
def sign_in(shop: Any, now: datetime, client: Client) -> Callable[..., Client]:
    def come(role: str = "marketer") -> Client:
        client.force_login(
            create_staff(f"{role}@example.com", now=now, shop=shop, role=role, locale="en"),
            backend="django.contrib.auth.backends.ModelBackend",
        )
        client.cookies["django_language"] = "en"
        return client

    return come


def test_from_an_empty_list_to_a_launched_test(
    sign_in: Callable[..., Client], segment: Any, templates: Any, crowd: Callable[..., Any], settings: Any
) -> None:
    # given a shop without campaigns, and thirty people
    settings.REGULARS_CAMPAIGN_ASKS_ABOVE = 50
    crowd(30)
    crowd(4, "X", consents=())
    client = sign_in()
    assert "No campaigns yet" in client.get(HOME).content.decode()
    # when the composer is gone through
    audience = {
        "name": "Summer", "segment": segment.pk, "goal": "hold", "kpi": "customer_retention_rate", "holdout_share": "0.1",
        "outcome_days": 14,
    }  # fmt: skip
    counted = client.get(f"{HOME}reach/", audience).content.decode()
    assert "no consent" in counted
    answer = client.post(f"{HOME}new/", audience)
    assert answer.url == f"{HOME}summer/edit/?step=message"
    message = {"template": templates[0].pk, "offer": "percent", "value": "10", "valid_days": "14"}
    assert client.post(answer.url, message).url == f"{HOME}summer/edit/?step=test"
    shown = client.get(f"{HOME}summer/edit/?step=test&tests=subject&arms=3")
    assert shown.content.decode().count("Subject in German") == 3
    test = {
        "tests": "subject",
        "arms": "2",
        "test_share": "0.2",
        "winner_by": "click_rate",
        "wait_hours": 24,
        "least": 10,
    }
    for place, subject in enumerate(("One", "Two")):
        test |= {f"share_{place}": 50, f"subject_de_{place}": subject}
    assert client.post(f"{HOME}summer/edit/?step=test", test).url == f"{HOME}summer/edit/?step=time"
    time = {"timing": "now", "within_hours": 72}
    assert client.post(f"{HOME}summer/edit/?step=time", time).url == f"{HOME}summer/edit/?step=check"
    check = client.get(f"{HOME}summer/edit/?step=check").content.decode()
    # then it asks for the number, and takes no other
    assert "This goes to nearly everybody" in check
    refused = client.post(f"{HOME}summer/edit/?step=check", {"agreed": "7"}).content.decode()
    assert "It was not launched" in refused
    # and the mail, which is there in German only, is confirmed as it is
    unseen = client.post(f"{HOME}summer/edit/?step=check", {"agreed": "30"})
    assert "This language is missing." in unseen.content.decode()
    assert Campaign._base_manager.get().status == "draft"
    seen = {"agreed": "30", "confirmed": unseen.context["fingerprint"]}
    assert client.post(f"{HOME}summer/edit/?step=check", seen).url == f"{HOME}summer/"
    row = Campaign._base_manager.get()
    assert (row.status, row.agreed, row.waits_for_winner) == ("sending", 30, True)
    assert [(arm.key, arm.subjects, arm.offer["percent"]) for arm in row.arms.order_by("key")] == [
        ("a", {"de": "One"}, 10), ("b", {"de": "Two"}, 10),
    ]  # fmt: skip
    # and the pages of what is under way answer
    for path in ("", "progress/"):
        assert client.get(f"{HOME}summer/{path}").status_code == 200
    assert client.get(f"{HOME}summer/edit/").url == f"{HOME}summer/"
    assert "Summer" in client.get(HOME).content.decode()
    assert f"{HOME}summer/" in client.get("/s/plattenkiste/measures/summer/").content.decode()


def test_the_buttons(
    sign_in: Callable[..., Client], campaign: Callable[..., Campaign], crowd: Any, now: datetime
) -> None:
    crowd(3)
    row = actions.launch(campaign(), now)
    client = sign_in()
    for verb, status in (("pause", "paused"), ("resume", "sending"), ("cancel", "cancelled")):
        assert client.post(f"{HOME}sommer/do/{verb}/").status_code == 302
        row.refresh_from_db()
        assert row.status == status
    assert client.get(f"{HOME}sommer/do/pause/").status_code == 405
    assert client.post(f"{HOME}sommer/do/explode/").status_code == 404
    made = client.post(f"{HOME}sommer/do/copy/").url
    assert client.get(made).status_code == 200
    draft = Campaign._base_manager.get(status="draft")
    assert client.post(f"{HOME}{draft.key}/delete/").url == HOME
    assert not Campaign._base_manager.filter(pk=draft.pk).exists()


def test_each_role(
    sign_in: Callable[..., Client], campaign: Callable[..., Campaign], crowd: Any, now: datetime
) -> None:
    crowd(3)
    campaign(name="Draft")
    actions.launch(campaign(), now)
    seen, made = ("", "sommer/", "sommer/progress/"), ("new/", "reach/", "draft/edit/")
    done = ("sommer/do/pause/", "draft/delete/")
    for role, may_see, may_make in (
        ("owner", 200, True), ("analyst", 200, False), ("service", 403, False), ("till", 403, False),
    ):  # fmt: skip
        client = sign_in(role)
        assert [client.get(HOME + path).status_code for path in seen] == [may_see] * 3
        assert [client.get(HOME + path).status_code for path in made] == [200 if may_make else 403] * 3
        if not may_make:
            assert [client.post(HOME + path).status_code for path in done] == [403, 403]


def test_queries_of_the_list_do_not_grow(
    sign_in: Callable[..., Client], campaign: Callable[..., Campaign], crowd: Any, now: datetime
) -> None:
    crowd(3)
    client = sign_in()
    client.get(HOME)
    counts = []
    for number in range(2):
        for nth in range(1 if not number else 6):
            actions.launch(campaign(name=f"Nr {number} {nth}"), now)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(HOME).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
