"""Journeys that speak on other channels than e-mail: declared, written, checked, sent, waited for."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override

from regulars.core.errors import Refused
from regulars.core.scoping import scope
from regulars.decide.contact_policy.actions import ConsentDraft, grant_consents, grant_due
from regulars.decide.segments.profiles import refresh
from regulars.journeys import actions
from regulars.journeys.before_start import look
from regulars.journeys.document import Document, checked, of_playbook, problems
from regulars.journeys.flow import parse
from regulars.journeys.models import Enrolment, Journey
from regulars.journeys.picture import draw
from regulars.journeys.playbook import Playbook, Words, step, trigger
from regulars.journeys.text_form import read, write
from regulars.know.customers.models import Identity
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.channel import Outcome, State
from regulars.reach.messaging.models import Message, Template

from .handmade import enter, journey_of, run
from .handmade import step as made

pytestmark = pytest.mark.django_db


@pytest.fixture
def english() -> Iterator[None]:
    with override("en"):
        yield


SCRIPT = {"subject": "How do you like it?", "text": "Hello {{ customer.first_name }}, how do you like it?"}
MESSAGES = {
    "ask": {"name": "Ask", "channel": "phone", "texts": {"de": SCRIPT, "en": SCRIPT}},
    "hint": {"name": "Hint", "channel": "sms", "texts": {"de": {"text": "Neu: https://plattenkiste.example STOPP"}}},
}


@pytest.fixture
def reachable(shop: Any, now: Any) -> Callable[..., None]:
    def give(*customers: Any, channel: str = "phone") -> None:
        for one in customers:
            number = f"+49171{2345670 + one.pk}"
            Identity._base_manager.create(
                shop=shop, customer=one, kind="phone", value=number, key=number, created_at=now
            )
            grant_consents(
                shop, [ConsentDraft(one.pk, channel, "marketing", now - timedelta(days=9), {"form": "7"})], now=now
            )

    return give


def test_a_journey_waits_for_the_call_and_goes_on_within_the_hour(
    shop: Any, now: Any, rosa: Any, reachable: Any
) -> None:
    reachable(rosa)
    journey = journey_of(
        shop, now, made("call", "send", message="ask"), made("mark", "tag", name="called"), channel="phone",
        messages=MESSAGES,
    )  # fmt: skip
    enter(journey, now, rosa)
    run(shop, now)
    grant_due(shop, now)
    messaging.schedule(shop, now)
    later = now + timedelta(hours=30)
    for hours in range(31):
        run(shop, now + timedelta(hours=hours))
    assert Enrolment._base_manager.get().step == "call"
    (call,) = messaging.take_by_hand(shop, "phone", later, None)
    assert messaging.words_by_hand(shop, [call], later)[call.pk].text == "Hello Rosa, how do you like it?"
    messaging.settle_by_hand(shop, [call], {call.pk: Outcome(call.pk, State.ACCEPTED)}, later, None)
    run(shop, later + timedelta(hours=1, minutes=1))
    assert Enrolment._base_manager.get().status == "done"
    with scope(shop=shop):
        assert list(rosa.tags.values_list("name", flat=True)) == ["called"]


def test_a_call_that_nobody_made_ends_the_journey(shop: Any, now: Any, rosa: Any, reachable: Any) -> None:
    reachable(rosa)
    journey = journey_of(
        shop, now, made("call", "send", message="ask", within_hours=24), made("mark", "tag", name="called"),
        channel="phone", messages=MESSAGES,
    )  # fmt: skip
    enter(journey, now, rosa)
    run(shop, now)
    grant_due(shop, now)
    messaging.schedule(shop, now)
    after = now + timedelta(hours=25)
    messaging.end_by_hand(shop, after)
    run(shop, after)
    one = Enrolment._base_manager.get()
    assert (one.status, one.exit_reason) == ("cancelled", "not_sent")
    assert Message._base_manager.get().reason == "too_late"


def test_a_template_of_the_shop_keeps_its_channel_when_it_is_frozen(
    shop: Any, now: Any, rosa: Any, reachable: Any
) -> None:
    reachable(rosa, channel="sms")
    messaging.save_template(
        shop, "hint", "Hint", "de", "", "", "", now, text="Neu: {{ shop.url }} STOPP", channel="sms"
    )
    journey = journey_of(shop, now, made("text", "send", template="hint"), channel="sms")
    copy = Template._base_manager.get(copy_of__isnull=False)
    assert (copy.channel, copy.copy_of.key) == ("sms", "hint")
    assert copy.versions.get().text == "Neu: {{ shop.url }} STOPP"
    enter(journey, now, rosa)
    run(shop, now)
    assert Message._base_manager.get().channel == "sms"


def test_the_text_form_is_equal_in_both_directions(shop: Any, now: Any) -> None:
    document = {**_document(), "messages": MESSAGES}
    text = write(document)
    assert "channel = '''" not in text
    assert 'channel = "sms"' in text
    assert read(text) == document
    assert problems(read(text)) == []
    saved = actions.save_draft(shop, read(text), now)
    assert write(saved.document) == text


def _document() -> dict[str, Any]:
    return {
        "format": 1, "key": "made", "name": "Made", "goal": "hold", "kpi": "customer_retention_rate",
        "purpose": "marketing", "channel": "phone", "holdout": 0.0, "reentry": {"rule": "once"}, "stop": {"after_days": 365},
        "trigger": {"kind": "api"},
        "steps": [made("call", "send", message="ask"), made("text", "send", message="hint")],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"channel": "pigeon", "texts": {"de": {"text": "x"}}}, "there is no channel called “pigeon”"),
        ({"channel": "sms", "texts": {"de": {"subject": "x", "text": "x"}}}, "is not known here; there are: text"),
        ({"channel": "sms", "texts": {"de": {"source": "<mj-text/>"}}}, "is not known here; there are: text"),
        ({"channel": "phone", "texts": {"de": {"text": "x"}}}, "is missing: Subject"),
        ({"channel": 7, "texts": {"de": {"text": "x"}}}, "there is no channel called"),
    ],
)
@pytest.mark.usefixtures("english")
def test_what_does_not_fit_a_channel_is_refused_with_its_place(message: dict[str, Any], words: str) -> None:
    found = problems({**_document(), "messages": {"ask": MESSAGES["ask"], "hint": message}})
    assert any(words in str(one) and "hint" in one.place for one in found), [str(one) for one in found]


def test_a_line_that_may_be_empty_may_be_left_out() -> None:
    note = {"channel": "parcel_note", "texts": {"de": {"text": "Schön, dass Sie da sind!"}}}
    assert problems({**_document(), "messages": {"ask": MESSAGES["ask"], "hint": note}}) == []


@pytest.mark.usefixtures("english")
def test_an_unknown_variable_is_refused_at_its_line(shop: Any, now: Any) -> None:
    text = {"text": "Hello\n{{ customer.fist_name }}"}
    messages = {"ask": {"channel": "phone", "texts": {"de": {"subject": "x", **text}}}}
    with pytest.raises(Refused) as refused:
        journey_of(shop, now, made("call", "send", message="ask"), channel="phone", messages=messages)
    assert "Line 2" in str(refused.value)
    assert "customer.first_name" in str(refused.value)


@pytest.mark.usefixtures("english")
def test_checks_before_the_start_fit_the_channel(shop: Any, now: Any, rosa: Any, reachable: Any) -> None:
    reachable(rosa, channel="sms")
    refresh(shop, now, [rosa.pk])
    text = "Liebe {{ customer.first_name }}, " + "das ist sehr neu. " * 12
    said = {"hint": {"channel": "sms", "texts": {"de": {"text": text}}}}
    document = {**_document(), "channel": "sms", "steps": [made("text", "send", message="hint")], "messages": said}
    found = {one.finding.code: one.finding for one in look(shop, document, Document(document), now)}
    assert {"no_way_out", "long", "language_missing", "consent"} <= set(found)
    assert not {"subject_empty", "too_large", "alt_missing", "no_legal_footer", "no_sender"} & set(found)
    assert "2 SMS" in found["long"].message
    assert "SMS" in found["consent"].message


@pytest.mark.usefixtures("english")
def test_the_picture_tells_the_channel(shop: Any, now: Any) -> None:
    document = {**_document(), "messages": MESSAGES}
    shown = [one.text for one in draw(document, parse(document["steps"])).steps]
    assert shown == ["“Ask” · Phone call", "“Hint” · SMS"]


class Hint(Playbook):
    key = "hint_by_sms"
    title = Words(en="Hint", de="Hinweis")
    description = Words(en="A hint.", de="Ein Hinweis.")
    why = Words(en="Why not.", de="Warum nicht.")
    goal = "hold"
    kpi = "customer_retention_rate"
    channel = "sms"
    message_names = {"hint": Words(en="Hint", de="Hinweis"), "ask": Words(en="Ask", de="Frage")}
    message_channels = {"hint": "sms", "ask": "phone"}

    def __init__(self, folder: Path) -> None:
        self.where = folder

    def folder(self) -> Path:
        return self.where

    def trigger(self, s: Any) -> Any:
        return trigger("api")

    def steps(self, s: Any) -> Any:
        return [step("text", "send", message="hint"), step("call", "send", message="ask")]


def test_a_playbook_says_what_it_says_on_other_channels(tmp_path: Path, shop: Any, now: Any) -> None:
    (tmp_path / "messages").mkdir()
    for locale, text in (("de", "Neu bei uns: {{ shop.url }} STOPP"), ("en", "New: {{ shop.url }} STOP")):
        (tmp_path / "messages" / f"hint.{locale}.txt").write_text(text + "\n", "utf-8")
        (tmp_path / "messages" / f"ask.{locale}.txt").write_text(f"<!--\nsubject: Ask\n-->\n{text}\n", "utf-8")
    document = checked(of_playbook(Hint(tmp_path), {}))
    assert document["messages"]["hint"] == {
        "name": {"en": "Hint", "de": "Hinweis"},
        "channel": "sms",
        "texts": {"de": {"text": "Neu bei uns: {{ shop.url }} STOPP"}, "en": {"text": "New: {{ shop.url }} STOP"}},
    }
    assert document["messages"]["ask"]["texts"]["en"] == {"subject": "Ask", "text": "New: {{ shop.url }} STOP"}
    assert read(write(document)) == document
    journey = actions.publish_draft(actions.save_draft(shop, document, now), now)
    assert Journey._base_manager.get(pk=journey.pk)
    assert set(Template._base_manager.values_list("channel", flat=True)) == {"sms", "phone"}
