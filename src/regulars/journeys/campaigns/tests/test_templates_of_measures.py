"""Templates that somebody wrote, and those that measures brought: what is listed, who uses which."""

from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from regulars.core.models import Membership, Shop, Staff
from regulars.core.scoping import scope
from regulars.journeys.campaigns import actions
from regulars.journeys.campaigns.forms import mails
from regulars.journeys.campaigns.models import Campaign
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging import usage
from regulars.reach.messaging.models import Template
from regulars.reach.messaging.usage import uses_of

from .conftest import MAIL


@pytest.fixture
def owner(shop: Shop) -> Staff:
    person = Staff.objects.create_user("owner@example.com", "a good long word")
    Membership.objects.create(shop=shop, staff=person, role="owner")
    return person


@pytest.fixture
def launched(campaign: Callable[..., Campaign], now: datetime, crowd: Callable[..., Any]) -> Campaign:
    crowd(3)
    row = campaign()
    actions.launch(row, now)
    return row


def names(shop: Shop, client: Any, owner: Any, search: str = "") -> tuple[list[str], list[str]]:
    """What the page of templates lists as the shop's own, and as mails of measures."""
    client.force_login(owner)
    page = client.get(f"/s/{shop.slug}/templates/", {"q": search})
    assert page.status_code == 200
    lists: Any = ([row["template"].name for row in page.context[key]] for key in ("rows", "brought"))
    own, brought = lists
    return sorted(own), sorted(brought)


def test_the_frozen_copy_of_a_campaign_is_not_listed_and_its_use_is_told_at_the_original(
    shop: Shop, client: Any, owner: Staff, launched: Campaign
) -> None:
    copy = Template._base_manager.get(is_of_measure=True)
    original = copy.copy_of
    assert original is not None
    written = sorted(Template._base_manager.filter(is_of_measure=False).values_list("name", flat=True))

    assert names(shop, client, owner) == (written, [])
    assert [use.name for use in uses_of(shop)[original.key]] == [launched.name]
    # and so it cannot be removed, and no campaign can choose the copy
    client.post(f"/s/{shop.slug}/templates/{original.pk}/remove/")
    assert Template._base_manager.filter(pk=original.pk).exists()
    with scope(shop=shop):
        assert copy not in mails(shop)
        assert original in mails(shop)


def test_a_mail_that_a_measure_brought_stands_apart_while_it_sends(
    shop: Shop, client: Any, owner: Staff, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("sends", "sent-once"):
        messaging.save_template(shop, key, key, "de", "Da", "", MAIL, now, is_of_measure=True)
    monkeypatch.setattr(usage, "_TELLERS", [lambda shop: {"sends": [usage.Use("Jubiläum", True)]}])

    assert names(shop, client, owner) == ([], ["sends"])
    assert names(shop, client, owner, "nothing") == ([], [])


def test_what_was_there_before_is_told_apart(shop: Shop, launched: Campaign, now: datetime) -> None:
    copy = Template._base_manager.get(is_of_measure=True)
    original = copy.copy_of_id
    mine = messaging.save_template(shop, "mine", f"{launched.name}: von Hand", "de", "Da", "", MAIL, now).template
    Template._base_manager.update(is_of_measure=False, copy_of=None)

    migration = ("campaigns", "0003_templates_of_measures")
    apps = MigrationExecutor(connection).loader.project_state([migration]).apps
    import_module("regulars.journeys.campaigns.migrations.0003_templates_of_measures").tell(apps, None)

    copy.refresh_from_db()
    assert (copy.is_of_measure, copy.copy_of_id) == (True, original)
    assert list(Template._base_manager.filter(is_of_measure=True)) == [copy]
    mine.refresh_from_db()
    assert not mine.is_of_measure
