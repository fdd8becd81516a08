"""Forms are made of fields: what a form gives back fits the kind it was made of."""

import json
from datetime import datetime
from typing import Any

import pytest
from django.http import QueryDict

from regulars.core.models import Shop
from regulars.journeys.fields_form import ParamsForm, described
from regulars.journeys.kinds import param_problems, step_kinds, trigger_kinds
from regulars.reach.webhooks import actions as webhooks

ASKED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "wait",
        {"days": "2", "until_hour": "9", "weekdays": ["5", "1"]},
        {"days": 2, "until_hour": 9, "weekdays": [1, 5]},
    ),
    (
        "issue_voucher",
        {"offer": "amount", "amount": "12.50", "valid_days": "30"},
        {"offer": "amount", "amount": 1250, "valid_days": 30},
    ),
    ("send", {"message": "hello", "same_day": "on"}, {"message": "hello", "same_day": True}),
    (
        "branch_score",
        {"score": "churn_risk", "at_least": "0.5", "then": "end"},
        {"score": "churn_risk", "at_least": 0.5, "then": "end"},
    ),
    (
        "split",
        {"ways": '[{"key": "a", "share": 0.5}, {"key": "b", "share": 0.5}]'},
        {"ways": [{"key": "a", "share": 0.5}, {"key": "b", "share": 0.5}]},
    ),
    ("webhook", {"endpoint": "tills", "include": ["name"]}, {"endpoint": "tills", "include": ["name"]}),
]


@pytest.mark.parametrize(("kind", "typed", "params"), ASKED, ids=[one[0] for one in ASKED])
def test_a_form_gives_the_parameters(
    shop: Shop, now: datetime, kind: str, typed: dict[str, Any], params: dict[str, Any]
) -> None:
    webhooks.create_endpoint(shop, "Tills", "https://example.com/", now)
    data = QueryDict(mutable=True)
    for name, value in typed.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    form = ParamsForm(shop, step_kinds()[kind], {}, data, steps=["end"], messages=["hello"])
    assert form.is_valid(), form.errors
    assert form.params() == params
    assert param_problems(step_kinds()[kind], form.params()) == []
    # and what it gave is shown again
    shown = ParamsForm(shop, step_kinds()[kind], params, steps=["end"], messages=["hello"])
    assert all(shown.initial[name] is not None for name in params)
    assert shown.as_p()


def test_every_kind_has_a_form_and_a_description(shop: Shop) -> None:
    for kind in [*step_kinds().values(), *trigger_kinds().values()]:
        assert list(ParamsForm(shop, kind, {}).fields) == [one.key for one in kind.fields]
    told = json.loads(json.dumps(described()))
    assert set(told) == {"triggers", "steps"}
    assert told["steps"]["wait"]["fields"][0]["unit"] == "days"
