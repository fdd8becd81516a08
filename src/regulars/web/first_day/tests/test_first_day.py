"""The guide of the first day: kept progress, steps that can be skipped, and nothing that the roles do not allow."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client

from regulars.core.actions import create_staff
from regulars.core.errors import Refused
from regulars.core.models import AuditEntry
from regulars.decide.goals.actions import create_goals
from regulars.decide.goals.models import Goal, Measure
from regulars.know.orders.actions import LineDraft, OrderDraft, upsert_orders
from regulars.reach.signups.models import SignupForm
from regulars.web.first_day import actions
from regulars.web.first_day.forms import CONDITIONS
from regulars.web.first_day.models import FirstDay

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(shop: Any, now: datetime, time_machine: Any) -> Callable[[str], Client]:
    time_machine.move_to(now, tick=False)

    def enter(role: str = "owner") -> Client:
        person = create_staff(f"{role}@example.com", now=now, shop=shop, role=role)
        client = Client(headers={"accept-language": "en"})
        client.force_login(person, "django.contrib.auth.backends.ModelBackend")
        return client

    return enter


@pytest.fixture
def ordered(shop: Any, rosa: Any, now: datetime) -> None:
    line = LineDraft("LP", "Blue Train", 1, 1990, 1990)
    upsert_orders(shop, [OrderDraft("1", now, [line], "rosa")], now=now, source="files", is_history=True)


def states(shop: Any) -> dict[str, str]:
    return {one.key: one.state for one in actions.progress(shop).steps}


def test_progress_is_kept_and_what_was_skipped_is_taken_up_again(shop: Any, now: datetime) -> None:
    assert actions.progress(shop).next == "data"
    for _time in range(2):
        actions.note(shop, "data", "done", now)
    actions.note(shop, "goals", "skipped", now)
    assert AuditEntry.objects.filter(verb="first_day.noted").count() == 2
    assert actions.progress(shop).next == "consent"
    for key in ("consent", "sender"):
        actions.note(shop, key, "done", now)
    assert actions.progress(shop).next == "measure"
    actions.note(shop, "measure", "skipped", now)
    assert (actions.progress(shop).next, actions.progress(shop).is_done) == ("goals", False)
    actions.note(shop, "goals", "done", now)
    assert not actions.progress(shop).is_done
    create_goals(shop, now)
    goal = Goal._base_manager.filter(shop=shop).first()
    Measure._base_manager.create(
        shop=shop, key="m", name="M", goal=goal, kpi="x", status="running", salt="s", created_at=now
    )
    assert actions.progress(shop).is_done
    for step, state in (("nothing", "done"), ("data", "perhaps")):
        with pytest.raises(Refused):
            actions.note(shop, step, state, now)


def test_the_start_page_leads_on_until_all_is_done_or_it_is_put_away(
    shop: Any, ordered: None, now: datetime, signed_in: Callable[..., Client]
) -> None:
    client = signed_in()
    start = f"/s/{shop.slug}/"
    assert f"{start}first-day/" in client.get(start).content.decode()
    assert client.get(f"{start}first-day/").headers["Location"].endswith("/first-day/data/")
    client.post(f"{start}first-day/end/")
    assert f"{start}first-day/" not in client.get(start).content.decode()
    assert client.get(f"{start}first-day/data/").status_code == 200  # its page stays


def test_a_shop_without_orders_is_asked_to_import_first(shop: Any, signed_in: Callable[..., Client]) -> None:
    page = signed_in().get(f"/s/{shop.slug}/").content.decode()
    assert "/first-day/" not in page
    assert "/imports/" in page


def test_the_goals_are_ranked_and_the_privilege_needs_all_four_conditions(
    shop: Any, ordered: None, signed_in: Callable[..., Client]
) -> None:
    client, here = signed_in(), f"/s/{shop.slug}/first-day/"
    first = create_goals(shop, datetime(2026, 1, 1).astimezone())[0].kind
    client.post(f"{here}goals/", {"kind": first, "way": "down"})
    assert Goal._base_manager.order_by("rank").first().kind != first
    said = {"what": "privilege", "since": "2026-01-01", **dict.fromkeys(CONDITIONS, "on")}
    for missing in CONDITIONS:
        assert client.post(f"{here}consent/", {**said, missing: ""}).status_code == 422
    shop.refresh_from_db()
    assert shop.existing_customers_since is None
    assert client.post(f"{here}consent/", said).status_code == 302
    shop.refresh_from_db()
    assert shop.existing_customers_since == date(2026, 1, 1)
    for _time in range(2):
        client.post(f"{here}consent/", {"what": "signup"})
    form = SignupForm._base_manager.get()
    assert f"/f/{shop.slug}/{form.key}" in client.get(f"{here}consent/").content.decode()


def test_a_sender_needs_its_address_and_legal_notice(shop: Any, signed_in: Callable[..., Client]) -> None:
    client, here = signed_in(), f"/s/{shop.slug}/first-day/sender/"
    said = {"sender_name": "Kiste", "sender_email": "a@kiste.example", "reply_to": "", "legal_footer": "Kiste GmbH"}
    for missing in ("sender_email", "legal_footer"):
        assert client.post(here, {**said, missing: ""}).status_code == 422
        assert states(shop)["sender"] == "open"
    assert client.post(here, said).headers["Location"].endswith("/first-day/measure/")
    shop.refresh_from_db()
    assert (shop.sender_email, states(shop)["sender"]) == ("a@kiste.example", "done")


def test_every_step_is_shown_with_nothing_with_little_and_when_it_is_done(
    shop: Any, ordered: None, now: datetime, signed_in: Callable[..., Client]
) -> None:
    client = signed_in()
    for key in actions.STEPS:
        page = client.get(f"/s/{shop.slug}/first-day/{key}/")
        assert page.status_code == 200
        assert 'aria-current="step"' in page.content.decode()
        actions.note(shop, key, "done", now)
    assert client.get(f"/s/{shop.slug}/first-day/else/").status_code == 404


def test_only_who_may_start_measures_sees_it_and_only_owners_change_settings(
    shop: Any, ordered: None, signed_in: Callable[..., Client]
) -> None:
    here = f"/s/{shop.slug}/first-day/"
    for role in ("service", "analyst", "till"):
        client = signed_in(role)
        assert client.get(f"{here}data/").status_code == 403
        assert client.post(f"{here}end/").status_code == 403
    marketer = signed_in("marketer")
    assert marketer.get(f"{here}sender/").status_code == 200
    assert marketer.post(f"{here}sender/", {"sender_email": "x@example.com"}).status_code == 403
    assert marketer.post(f"{here}consent/", {"what": "privilege", "since": "2026-01-01"}).status_code == 403
    assert not FirstDay._base_manager.exists()
