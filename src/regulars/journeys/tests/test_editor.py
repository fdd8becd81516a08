"""The editor through the door that people use: add, set, move, copy, remove, undo, publish, files, permissions."""

from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from regulars.core.actions import create_staff
from regulars.core.scoping import scope
from regulars.decide.segments.models import Segment
from regulars.journeys import actions, text_form
from regulars.journeys.document import problems
from regulars.journeys.models import Enrolment, Journey, JourneyDraft
from regulars.reach.messaging import actions as messaging

from .handmade import enter, journey_of, step


def address(shop: Any, name: str, *args: Any) -> str:
    return reverse(f"shop:{name}", args=[shop.slug, *args])


@pytest.fixture
def marketer(shop: Any, now: datetime, client: Client) -> Client:
    staff = create_staff("mara@example.com", now=now, shop=shop, role="marketer")
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def draft(shop: Any, marketer: Client) -> JourneyDraft:
    answer = marketer.post(address(shop, "journey_new"), {"from": "blank", "name": "Danke schön", "goal": "hold"})
    assert answer.status_code == 302
    return JourneyDraft._base_manager.get(key="danke-schoen")


def change(client: Client, draft: JourneyDraft, **data: Any) -> Any:
    draft.refresh_from_db()
    return client.post(
        address(draft.shop, "journey", draft.key), {"revision": draft.revision, **data}, headers={"X-Editor": "1"}
    )


def shape(draft: JourneyDraft) -> list[tuple[str, str]]:
    draft.refresh_from_db()
    return [(one["key"], one["kind"]) for one in draft.document["steps"]]


def test_a_journey_is_built_changed_taken_back_and_published(shop: Any, marketer: Client, draft: JourneyDraft) -> None:
    # given an empty journey that says what is missing
    assert "No step yet" in marketer.get(address(shop, "journey", draft.key)).content.decode()
    # when steps are added, one between the others, and one on a way of a fork
    assert change(marketer, draft, op="add", kind="wait", place="start").status_code == 200
    change(marketer, draft, op="add", kind="branch", place="after:wait")
    change(marketer, draft, op="add", kind="issue_voucher", place="way:branch:otherwise")
    assert shape(draft) == [("wait", "wait"), ("branch", "branch"), ("issue-voucher", "issue_voucher"), ("end", "exit")]
    # then the fields of a step are those of its kind, and what is wrong is told at the step
    assert 'name="p-weekdays"' in marketer.get(address(shop, "journey", draft.key), {"at": "wait"}).content.decode()
    answer = change(marketer, draft, op="fields", key="wait", **{"p-days": "9999"}).content.decode()
    assert "9999 must be between 0 and 3650" in answer
    change(marketer, draft, op="fields", key="wait", **{"p-days": "2", "p-until_hour": "9"})
    assert draft.document["steps"] != []
    draft.refresh_from_db()
    assert draft.document["steps"][0]["params"] == {"days": 2, "until_hour": 9}
    # moved by keys over the fork (into its way of yes, then above it), copied, removed
    change(marketer, draft, op="up", key="issue-voucher")
    answer = change(marketer, draft, op="up", key="issue-voucher").content.decode()
    assert "Moved: Issue a voucher is step 2 of 4 now." in answer
    assert [key for key, _kind in shape(draft)] == ["wait", "issue-voucher", "branch", "end"]
    change(marketer, draft, op="copy", key="wait")
    assert [key for key, _kind in shape(draft)] == ["wait", "wait-2", "issue-voucher", "branch", "end"]
    change(marketer, draft, op="remove", key="wait")
    change(marketer, draft, op="undo")
    change(marketer, draft, op="undo")
    assert [key for key, _kind in shape(draft)] == ["wait", "issue-voucher", "branch", "end"]
    change(marketer, draft, op="redo")
    assert [key for key, _kind in shape(draft)] == ["wait", "wait-2", "issue-voucher", "branch", "end"]
    # publishing freezes it
    assert not problems(draft.document)
    answer = marketer.post(address(shop, "journey_publish", draft.key), {"revision": draft.revision})
    assert answer.url == address(shop, "measure", draft.key)
    assert Journey._base_manager.get(measure__key=draft.key).version == 1


def test_without_scripts_every_change_leads_back_to_the_editor(
    shop: Any, marketer: Client, draft: JourneyDraft
) -> None:
    answer = marketer.post(
        address(shop, "journey", draft.key), {"op": "add", "kind": "wait", "place": "start", "revision": "1"}
    )
    assert answer.url == address(shop, "journey", draft.key) + "?at=wait#panel"
    wrong = marketer.post(address(shop, "journey", draft.key), {"op": "move", "key": "gone", "place": "start"})
    assert wrong.status_code == 302
    assert shape(draft) == [("wait", "wait")]


def test_two_editors_do_not_write_over_each_other(shop: Any, marketer: Client, draft: JourneyDraft) -> None:
    change(marketer, draft, op="add", kind="wait", place="start")
    late = marketer.post(
        address(shop, "journey", draft.key),
        {"op": "add", "kind": "exit", "place": "start", "revision": "1"},
        headers={"X-Editor": "1"},
    )
    assert late.status_code == 409
    assert "changed this journey meanwhile" in late.content.decode()
    assert shape(draft) == [("wait", "wait")]


def test_publishing_tells_who_is_half_way_and_leaves_them_there(
    shop: Any, rosa: Any, nico: Any, marketer: Client, now: datetime
) -> None:
    journey = journey_of(shop, now, step("pause", "wait", days=5))
    enter(journey, now, rosa)
    with scope(shop=shop):
        draft = JourneyDraft.objects.get(key="made")
    change(marketer, draft, op="add", kind="wait", place="after:pause")
    page = marketer.get(address(shop, "journey", "made")).content.decode()
    assert "1 customer finishes in the version they came into (version 1 is the newest)" in page
    draft.refresh_from_db()
    marketer.post(address(shop, "journey_publish", "made"), {"revision": draft.revision})
    versions = Journey._base_manager.order_by("version").values_list("version", "is_current")
    assert list(versions) == [(1, False), (2, True)]
    assert Enrolment._base_manager.get(customer=rosa).journey_id == journey.pk


def test_a_journey_comes_from_a_playbook_a_file_or_another_one(shop: Any, marketer: Client, now: datetime) -> None:
    marketer.post(address(shop, "journey_new"), {"from": "playbook", "playbook": "win_back", "name": "Unser Weg"})
    mine = JourneyDraft._base_manager.get(key="unser-weg")
    assert not problems(mine.document)
    file = marketer.get(address(shop, "journey_file", mine.key))
    assert text_form.read(file.content.decode()) == mine.document
    upload = SimpleUploadedFile("weg.toml", file.content)
    marketer.post(address(shop, "journey_new"), {"from": "file", "file": upload})
    again = JourneyDraft._base_manager.get(key="unser-weg-2")
    assert again.document == {**mine.document, "key": "unser-weg-2"}
    marketer.post(address(shop, "journey_new"), {"from": "draft", "draft": mine.key})
    actions.publish_draft(mine, now)
    marketer.post(address(shop, "journey_new"), {"from": "measure", "measure": mine.key, "name": "Dritter"})
    assert JourneyDraft._base_manager.get(key="dritter").document["steps"] == mine.document["steps"]
    assert JourneyDraft._base_manager.count() == 4
    for content in (b"\xff\xfe", b"steps = 1", b"steps = [", b'steps = [{ kind = "wait" }]'):
        answer = marketer.post(
            address(shop, "journey_new"), {"from": "file", "file": SimpleUploadedFile("bad.toml", content)}
        )
        assert answer.status_code == 200
    assert JourneyDraft._base_manager.count() == 4


def test_every_panel_of_every_kind_is_shown(shop: Any, marketer: Client, draft: JourneyDraft) -> None:
    from regulars.journeys.kinds import step_kinds, trigger_kinds

    for kind in step_kinds():
        change(marketer, draft, op="add", kind=kind, place="start")
        key = shape(draft)[0][0]
        assert marketer.get(address(shop, "journey", draft.key), {"at": key}).status_code == 200
        assert change(marketer, draft, op="remove", key=key).status_code == 200
    for kind in trigger_kinds():
        assert change(marketer, draft, op="trigger", kind=kind).status_code == 200
        draft.refresh_from_db()
        assert draft.document["trigger"]["kind"] == kind
    assert change(marketer, draft, op="trigger", kind="event", **{"p-type": "order.placed"}).status_code == 200
    # a rule over the profile, switched on and built
    change(marketer, draft, op="trigger", **{"p-type": "order.placed", "p-profile-on": "on"})
    draft.refresh_from_db()
    assert draft.document["trigger"]["profile"] == {"all": [{"field": "orders", "op": "at_least", "value": 1}]}
    assert marketer.get(address(shop, "journey", draft.key), {"at": "trigger"}).status_code == 200
    head = {"p-name-de": "Neu", "p-goal": "hold", "p-kpi": "customer_retention_rate", "p-purpose": "marketing"}
    head |= {"p-channel": "email", "p-holdout": "20", "p-outcome_days": "30", "p-reentry-rule": "once"}
    change(marketer, draft, op="head", **head, **{"p-stop-after_days": "90"})
    draft.refresh_from_db()
    assert (draft.document["name"], draft.document["holdout"], draft.document["stop"]) == (
        {"de": "Neu"},
        0.2,
        {"after_days": 90},
    )


@pytest.mark.parametrize("role", ["owner", "marketer", "service", "analyst", "till"])
def test_only_owners_and_marketers_edit(shop: Any, now: datetime, client: Client, role: str) -> None:
    journey_of(shop, now)
    staff = create_staff("one@example.com", now=now, shop=shop, role=role)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    may = role in ("owner", "marketer")
    for name in ("journey", "journey_file", "journey_rehearsal"):
        assert client.get(address(shop, name, "made")).status_code == (200 if may else 403)
    assert client.get(address(shop, "journey_new")).status_code == (200 if may else 403)
    for name in ("journey", "journey_publish", "journey_rehearse", "journey_delete"):
        assert client.post(address(shop, name, "made"), {"op": "undo"}).status_code == (302 if may else 403)
    assert JourneyDraft._base_manager.exists() != may


def test_the_editor_offers_names_where_there_are_names_and_keeps_what_it_does_not_know(
    shop: Any, marketer: Client, draft: JourneyDraft, now: datetime
) -> None:
    home = address(shop, "journey", draft.key)
    page = marketer.get(home).content.decode()
    assert '<option value="customer_retention_rate" selected>Customer retention rate</option>' in page
    assert "A journey needs a step" in page
    assert "steps: a journey" not in page
    # a figure that is not built in stays what it is
    with scope(shop=shop):
        actions.edit_draft(draft, {**draft.document, "kpi": "of_our_own"}, now)
    assert '<option value="of_our_own" selected>of_our_own</option>' in marketer.get(home).content.decode()


def test_the_picture_names_segments_templates_and_messages_as_the_panels_do(
    shop: Any, marketer: Client, draft: JourneyDraft, now: datetime
) -> None:
    Segment._base_manager.create(shop=shop, key="mine-1", name="Vinyl only", rule={}, created_at=now, updated_at=now)
    template = messaging.begin_template(shop, "Spring mail", {}, now)
    document = {
        **draft.document,
        "trigger": {"kind": "segment_entered", "segment": "mine-1"},
        "steps": [
            {"key": "a", "kind": "send", "params": {"template": template.key}},
            {"key": "b", "kind": "send", "params": {"message": "hello"}},
        ],
        "messages": {"hello": {"name": {"de": "Hallo", "en": "A word"}, "texts": {}}},
    }
    with scope(shop=shop):
        actions.edit_draft(draft, document, now)
    home = address(shop, "journey", draft.key)

    picture = marketer.get(home).content.decode().split('data-region="panel"')[0]
    assert "enters the segment “Vinyl only”" in picture
    assert "“Spring mail” by e-mail" in picture
    assert "mine-1" not in picture
    assert '<option value="hello" selected>A word</option>' in marketer.get(f"{home}?at=b").content.decode()


def test_what_belongs_to_campaigns_is_not_offered(shop: Any, marketer: Client, draft: JourneyDraft) -> None:
    palette = marketer.get(f"{address(shop, 'journey', draft.key)}?add=start").content.decode()
    trigger = marketer.get(f"{address(shop, 'journey', draft.key)}?at=trigger").content.decode()
    assert 'value="send"' in palette
    for kind in ("campaign_send", "pace", "winner"):
        assert f'value="{kind}"' not in palette
    assert 'value="campaign"' not in trigger
