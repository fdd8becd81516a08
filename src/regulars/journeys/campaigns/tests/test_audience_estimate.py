"""While the audience of a campaign is chosen in a large shop, a sample tells whom it would reach; before the launch, all."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from regulars.core.actions import create_staff
from regulars.core.models import Shop
from regulars.decide.segments import estimate
from regulars.journeys.campaigns.audience import reach_of, smallest_effect
from regulars.journeys.campaigns.models import Campaign

HOME = "/s/plattenkiste/campaigns/"
PEOPLE, SILENT = 60, 20


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eighty customers are many; every second one is in the sample."""
    for name, value in {"COUNTED": 50, "BLOCKS": 10, "BLOCK": 4, "LEAST": 20}.items():
        monkeypatch.setattr(estimate, name, value)


@pytest.fixture
def draft(crowd: Callable[..., Any], campaign: Callable[..., Campaign]) -> Campaign:
    crowd(PEOPLE)
    crowd(SILENT, "X", consents=())
    return campaign()


@pytest.mark.usefixtures("large")
def test_an_estimate_is_near_and_says_so(shop: Shop, draft: Campaign, now: datetime) -> None:
    sample = estimate.sample_of(shop, PEOPLE + SILENT)
    assert sample is not None
    assert sample.there == 40
    found, truth = reach_of(draft, now, sample), reach_of(draft, now)
    assert (truth.audience, truth.allowed, truth.sampled) == (PEOPLE + SILENT, PEOPLE, 0)
    assert found.sampled == 40
    assert found.audience == truth.audience
    assert found.allowed == pytest.approx(truth.allowed, abs=8)
    assert found.refused["no_consent"] == pytest.approx(SILENT, abs=8)
    # what could be seen is told of all who would take part, whoever was looked at
    assert smallest_effect(draft, truth, now, sample).customers == PEOPLE


@pytest.mark.usefixtures("large")
def test_the_choice_is_estimated_and_the_check_is_counted(
    shop: Shop, draft: Campaign, segment: Any, client: Client, now: datetime
) -> None:
    client.force_login(
        create_staff("owner@example.com", now=now, shop=shop, role="owner", locale="en"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    client.cookies["django_language"] = "en"
    live = client.get(f"{HOME}reach/", {"segment": segment.pk}).content.decode()
    assert "estimated from 40 of 80 customers" in live
    check = client.get(f"{HOME}{draft.key}/edit/?step=check")
    assert "estimated from" not in check.content.decode()
    assert check.context["reach"].allowed == PEOPLE


def test_a_small_shop_is_counted_while_it_is_chosen(
    shop: Shop, draft: Campaign, segment: Any, client: Client, now: datetime
) -> None:
    client.force_login(
        create_staff("owner@example.com", now=now, shop=shop, role="owner", locale="en"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    live = client.get(f"{HOME}reach/", {"segment": segment.pk})
    assert live.context["reach"].sampled == 0
    assert live.context["reach"].allowed == PEOPLE
