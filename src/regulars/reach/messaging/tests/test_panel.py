"""The panel of a customer's page tells what was written to them, and nothing of others."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from regulars.core.scoping import scope
from regulars.reach.messaging.models import Message
from regulars.reach.messaging.panels import messages


@pytest.mark.django_db
def test_state_and_reading_of_the_newest_messages(
    shop: Any,
    rosa: Any,
    nico: Any,
    queue: Callable[..., Any],
    now: datetime,
    rf: Any,
    django_assert_max_num_queries: Any,
) -> None:
    with scope(shop=shop):
        assert messages(rf.get("/"), shop, rosa) is None
        queue(rosa, purpose="service")
        queue(nico, purpose="service")
        Message._base_manager.filter(customer=rosa).update(
            status="uncertain", sent_at=now, first_opened_at=now + timedelta(hours=1)
        )
        with django_assert_max_num_queries(2):
            shown = messages(rf.get("/"), shop, rosa)

    assert shown is not None
    template, context = shown
    assert template == "messaging/panel.html"
    assert [(one["message"].customer_id, one["tone"], one["at"]) for one in context["rows"]] == [
        (rosa.pk, "warning", now)
    ]
    assert context["more"] == 0
