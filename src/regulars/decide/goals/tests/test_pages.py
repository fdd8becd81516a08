"""The page of goals."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from regulars.core.actions import create_staff
from regulars.decide.goals.actions import create_goals, create_measure
from regulars.decide.goals.models import Goal

pytestmark = [pytest.mark.django_db]
HOME = "/s/plattenkiste/goals/"


@pytest.fixture
def marketer(shop: Any, now: datetime, client: Client) -> Client:
    person = create_staff("mia@example.com", now=now, shop=shop, role="marketer")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_six_goals_with_their_measures(marketer: Client, shop: Any, now: datetime) -> None:
    create_measure(shop, "win-back", "Komm zurück", "win_back", "reactivated_customers", now=now)
    text = marketer.get(HOME).content.decode()
    assert text.count('id="goal-') == 6
    assert "Komm zurück" in text


def test_goals_move_a_place_up_or_down(marketer: Client, shop: Any, now: datetime) -> None:
    create_goals(shop, now)
    marketer.post(f"{HOME}rank/", {"kind": "hold", "way": "up"})
    marketer.post(f"{HOME}rank/", {"kind": "hold", "way": "up"})
    marketer.post(f"{HOME}rank/", {"kind": "fame", "way": "up"})
    assert [goal.kind for goal in create_goals(shop, now)][:2] == ["hold", "win_back"]


def test_target_and_budget_are_saved_in_minor_units(marketer: Client, shop: Any, now: datetime) -> None:
    create_goals(shop, now)
    fields = {"basket-kpi": "aov_existing", "basket-target": "45.5", "basket-budget": "1200.50"}
    marketer.post(f"{HOME}basket/", fields)
    goal = Goal._base_manager.get(kind="basket")
    assert (str(goal.target), goal.budget) == ("45.5000", 120050)
    marketer.post(f"{HOME}basket/", fields | {"basket-budget": "-1"})
    goal.refresh_from_db()
    assert goal.budget == 120050


def test_who_may_only_look_changes_nothing(shop: Any, now: datetime, client: Client) -> None:
    person = create_staff("anna@example.com", now=now, shop=shop, role="analyst")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(HOME).status_code == 200
    assert client.post(f"{HOME}rank/", {"kind": "hold", "way": "up"}).status_code == 403
    assert client.post(f"{HOME}basket/", {}).status_code == 403


def test_figures_are_called_by_name_and_an_unknown_one_stays(marketer: Client, shop: Any, now: datetime) -> None:
    create_goals(shop, now)
    Goal._base_manager.filter(kind="data").update(kpi="of_our_own")
    text = marketer.get(HOME, headers={"accept-language": "en"}).content.decode()
    assert "<dd>Reactivated customers</dd>" in text
    assert "<dd>reactivated_customers</dd>" not in text
    assert '<option value="of_our_own" selected>of_our_own</option>' in text
    marketer.post(f"{HOME}basket/", {"basket-kpi": "no_such_figure"})
    assert Goal._base_manager.get(kind="basket").kpi == "aov_existing"
