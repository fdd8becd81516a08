"""Goals and measures."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from regulars.core.errors import Refused
from regulars.core.models import AuditEntry
from regulars.decide.goals.actions import (
    change_goal,
    create_goals,
    create_measure,
    rank_goals,
    start_measure,
    stop_measure,
)

pytestmark = [pytest.mark.django_db]


def test_six_goals_in_their_rank_once(shop: Any, now: datetime) -> None:
    kinds = [goal.kind for goal in create_goals(shop, now)]
    assert kinds == ["win_back", "hold", "basket", "attachment", "satisfaction", "data"]
    assert [goal.rank for goal in create_goals(shop, now)] == [1, 2, 3, 4, 5, 6]
    assert AuditEntry.objects.filter(verb="goals.created").count() == 1


def test_goals_are_ranked_anew_and_a_half_list_is_refused(shop: Any, now: datetime) -> None:
    kinds = [goal.kind for goal in create_goals(shop, now)][::-1]
    rank_goals(shop, kinds, now)
    rank_goals(shop, kinds, now)
    assert [goal.kind for goal in create_goals(shop, now)] == kinds
    assert AuditEntry.objects.filter(verb="goals.ranked").count() == 1
    with pytest.raises(Refused):
        rank_goals(shop, kinds[:5], now)
    with pytest.raises(Refused):
        change_goal(create_goals(shop, now)[0], kpi="", target=None, budget=None, now=now)


def test_a_measure_is_made_started_and_stopped_once(shop: Any, now: datetime) -> None:
    measure = create_measure(shop, "win-back", "Win back", "win_back", "reactivated_customers", now=now)
    assert (str(measure.holdout_share), measure.status, len(measure.salt)) == ("0.100", "draft", 32)
    start_measure(measure, now)
    start_measure(measure, now + timedelta(days=1))
    assert (measure.status, measure.started_at) == ("running", now)
    stop_measure(measure, now + timedelta(days=2))
    stop_measure(measure, now + timedelta(days=3))
    assert (measure.status, measure.stopped_at) == ("stopped", now + timedelta(days=2))
    verbs = AuditEntry.objects.filter(verb__startswith="measure.").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["measure.created", "measure.started", "measure.stopped"]


@pytest.mark.parametrize(
    "fields",
    [
        {"goal_kind": "fame"},
        {"kpi": ""},
        {"holdout_share": 1},
        {"purpose": "service", "holdout_share": "0.1"},
        {"purpose": "fun"},
        {"stop_rule": {"after_days": 0}},
        {"stop_rule": {"on": "tomorrow"}},
        {"stop_rule": {"never": 1}},
    ],
)
def test_what_does_not_fit_is_refused(shop: Any, now: datetime, fields: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        create_measure(shop, **{"key": "m", "name": "M", "goal_kind": "hold", "kpi": "orders", **fields}, now=now)


def test_service_has_no_holdout_and_keys_are_taken_once(shop: Any, now: datetime) -> None:
    measure = create_measure(shop, "sorry", "Sorry", "satisfaction", "nps", "service", now=now)
    assert measure.holdout_share == 0
    with pytest.raises(Refused):
        create_measure(shop, "sorry", "Sorry", "satisfaction", "nps", now=now)
