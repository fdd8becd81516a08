"""Posts for social networks: each network's length, posted once, by who may write for customers."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from regulars.channels.social_draft import actions
from regulars.channels.social_draft.models import SocialDraft
from regulars.channels.social_draft.networks import NETWORKS
from regulars.core.actions import create_staff
from regulars.core.errors import Refused
from regulars.core.models import AuditEntry
from regulars.core.roles import Role
from regulars.decide.contact_policy.models import Contact

LINK = "https://plattenkiste.example/" + "x" * 300


def test_each_network_counts_in_its_own_way() -> None:
    count = {key: one.count for key, one in NETWORKS.items()}
    assert count["mastodon"](f"New: {LINK}") == 5 + 23
    assert count["x"](f"New: {LINK}") == 5 + 23
    assert count["bluesky"](f"New: {LINK}") == 5 + len(LINK)
    assert count["x"]("äß – “Nina”") == 11
    assert count["x"]("日本🎷") == 6
    assert count["mastodon"]("日本🎷") == 3


@pytest.mark.django_db
def test_what_does_not_fit_is_refused_and_the_draft_stays(shop: Any, now: Any) -> None:
    row = actions.write(shop, "bluesky", "x" * 300, date(2026, 6, 12), now)
    for network, text, code in (
        ("bluesky", "x" * 301, "text"),
        ("bluesky", " \n", "text"),
        ("myspace", "Hi", "network"),
    ):
        with pytest.raises(Refused) as refused:
            actions.write(shop, network, text, None, now, pk=row.pk)
        assert refused.value.code == code
    row.refresh_from_db()
    assert (row.text, row.planned_for) == ("x" * 300, date(2026, 6, 12))
    assert actions.write(shop, "mastodon", "x" * 301, None, now, pk=row.pk).network == "mastodon"


@pytest.mark.django_db
def test_it_is_posted_once_and_is_no_contact(shop: Any, now: Any) -> None:
    anna = create_staff("anna@example.com", shop=shop, role=Role.MARKETER, now=now)
    row = actions.write(shop, "mastodon", "New in", None, now, anna)
    assert actions.posted(shop, row.pk, now, anna).posted_by == anna
    for again in (actions.posted, actions.drop):
        with pytest.raises(Refused):
            again(shop, row.pk, now, anna)
    assert Contact._base_manager.count() == 0
    verbs = (
        AuditEntry._base_manager.filter(verb__startswith="social_draft").order_by("pk").values_list("verb", flat=True)
    )
    assert list(verbs) == ["social_draft.written", "social_draft.posted"]
    other = actions.write(shop, "x", "Away", None, now, anna)
    actions.drop(shop, other.pk, now, anna)
    assert SocialDraft._base_manager.count() == 1


@pytest.mark.django_db
def test_the_page_for_each_role(shop: Any, now: Any) -> None:
    row = actions.write(shop, "mastodon", "<b>New</b> & in", None, now)
    address = reverse("shop:social", args=[shop.slug])
    for role in Role.values:
        client = Client()
        client.force_login(create_staff(f"{role}@example.com", shop=shop, role=role, now=now))
        may = role in (Role.OWNER, Role.MARKETER)
        answer = client.get(address)
        assert answer.status_code == (200 if may else 403), role
        if may:
            assert "&lt;b&gt;New&lt;/b&gt; &amp; in" in answer.content.decode()
            assert client.get(address, {"change": str(row.pk)}).status_code == 200
            assert client.get(address, {"change": "9" * 30}).status_code == 404
        long = client.post(address, {"network": "bluesky", "text": "x" * 301})
        assert long.status_code == (422 if may else 403)
        for name in ("social-posted", "social-drop"):
            if not may:
                assert client.post(reverse(f"shop:{name}", args=[shop.slug, row.pk])).status_code == 403
    client.force_login(create_staff("marketer@example.com", shop=shop, role=Role.MARKETER, now=now))
    made = client.post(address, {"network": "bluesky", "text": "Hello", "planned_for": "2026-06-12"})
    assert made.status_code == 302
    fresh = SocialDraft._base_manager.order_by("-pk")[0]
    assert (fresh.text, fresh.planned_for) == ("Hello", date(2026, 6, 12))
    assert client.post(reverse("shop:social-posted", args=[shop.slug, fresh.pk])).status_code == 302
    assert SocialDraft._base_manager.get(pk=fresh.pk).posted_at is not None
