"""What is looked at before a journey is published: errors refuse, warnings and nearly everybody have to be confirmed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.decide.goals.models import Measure
from regulars.decide.segments.models import CustomerProfile, Segment
from regulars.decide.segments.profiles import refresh
from regulars.journeys import actions
from regulars.journeys.before_start import NotReady, reachable
from regulars.journeys.models import Journey, JourneyDraft
from regulars.know.orders.actions import ProductDraft, upsert_products
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.starting_points import block

from .handmade import step
from .test_editor import address, marketer

__all__ = ["marketer"]

GOOD = "<mj-section><mj-column><mj-text>Hallo {{ customer.first_name }}</mj-text></mj-column></mj-section>"


def document(source: str = GOOD, subject: str = "Hallo", **parts: Any) -> dict[str, Any]:
    """One mail, in both languages so that nothing is missing."""
    text = {"subject": subject, "preheader": "Schön, dass du da bist", "source": source}
    return {
        "format": 1, "key": "thanks", "name": "Danke", "goal": "hold", "kpi": "customer_retention_rate", "holdout": 0.0,
        "reentry": {"rule": "once"}, "stop": {"after_days": 365}, "trigger": {"kind": "api"},
        "steps": [step("hello", "send", message="hi"), step("end", "exit")],
        "messages": {"hi": {"name": "Gruß", "texts": {"de": text, "en": text}}},
        **parts,
    }  # fmt: skip


def link(address: str) -> str:
    return GOOD.replace("Hallo", f'<a href="{address}">Hallo</a>')


@pytest.fixture
def everybody(shop: Shop, make_customer: Callable[..., Any], now: datetime) -> Segment:
    """Twenty people with consent, and the segment of all."""
    people = [make_customer(f"P{n}") for n in range(20)]
    with scope(shop=shop):
        refresh(shop, now, [one.pk for one in people])
    row: Segment = Segment._base_manager.create(
        shop=shop, key="all", name="Alle", rule={"field": "orders", "op": "at_least", "value": 0}, created_at=now,
        updated_at=now,
    )  # fmt: skip
    return row


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (link("https://plattenkiste"), "“https://plattenkiste” is no web address. Write it whole"),
        (link("http://localhost:9/x"), "works on this machine only"),
        (GOOD.replace("Hallo", "x" * 105_000), "Gmail cuts it off at 102 KB"),
        (GOOD.replace("first_name", "frist_name"), "There is no variable “customer.frist_name”"),
    ],
)
def test_an_error_in_a_mail_refuses_with_its_place_and_what_ran_goes_on(
    shop: Shop, rosa: Any, now: datetime, source: str, words: str
) -> None:
    # given version 1 runs
    actions.publish_draft(actions.save_draft(shop, document(), now), now)
    # when a version with a faulty mail is published
    draft = actions.save_draft(shop, document(source), now)
    with override("en"), pytest.raises(NotReady) as refused:
        actions.publish_draft(draft, now)
    # then its place and the fault are named, and version 1 is the current one
    assert refused.value.code == "checks"
    assert "step 1 “hello” (send): Gruß (de): " in str(refused.value)
    assert words in str(refused.value)
    assert list(Journey._base_manager.values_list("version", "is_current")) == [(1, True)]


def test_without_a_legal_address_nothing_starts(shop: Shop, rosa: Any, now: datetime) -> None:
    Shop._base_manager.update(legal_footer="")
    shop.refresh_from_db()
    for start in (
        lambda: actions.publish_draft(actions.save_draft(shop, document(), now), now),
        lambda: actions.launch(shop, "win_back", {}, now),
    ):
        with override("en"), pytest.raises(NotReady) as refused:
            start()
        assert "The sender's legal address is missing. Write it under Brand" in str(refused.value)
    assert not Measure._base_manager.exists()
    assert not Journey._base_manager.exists()


def test_warnings_are_confirmed_once_and_others_ask_again(shop: Shop, rosa: Any, now: datetime) -> None:
    draft = actions.save_draft(shop, document(link("http://plattenkiste.example/neu")), now)
    with override("en"), pytest.raises(NotReady) as asked:
        actions.publish_draft(draft, now, confirmed="")
    assert asked.value.code == "warnings"
    assert "“http://plattenkiste.example/neu” is not encrypted. Use https://." in str(asked.value)
    assert not Measure._base_manager.exists()
    # when another warning has come in meanwhile, the old confirmation does not hold
    other = actions.save_draft(shop, document(link("http://plattenkiste.example/neu"), subject="x" * 70), now)
    with pytest.raises(NotReady) as again:
        actions.publish_draft(other, now, confirmed=asked.value.fingerprint)
    assert again.value.fingerprint != asked.value.fingerprint
    # and with the one that names them all it starts
    assert actions.publish_draft(other, now, confirmed=again.value.fingerprint).version == 1


@pytest.mark.postgres
def test_who_can_be_reached_is_counted_as_profiles_change(shop: Shop, everybody: Segment, now: datetime) -> None:
    assert reachable(shop) == 20
    ids = list(CustomerProfile._base_manager.values_list("pk", flat=True))
    CustomerProfile._base_manager.filter(pk__in=ids[:3]).update(may_email=False)
    CustomerProfile._base_manager.filter(pk__in=ids[2:5]).update(has_objected=True)
    assert reachable(shop) == 15
    CustomerProfile._base_manager.filter(pk__in=ids[:3]).update(may_email=True)
    assert reachable(shop) == 17
    CustomerProfile._base_manager.filter(pk__in=ids[-2:]).delete()
    assert reachable(shop) == 15


@pytest.mark.parametrize(
    ("trigger", "take_present"),
    [
        ({"kind": "segment_entered", "segment": "all"}, True),
        ({"kind": "schedule", "segment": "all", "every": "day", "hour": 9}, False),
    ],
)
def test_a_segment_of_nearly_everybody_asks_for_the_number(
    shop: Shop, everybody: Segment, now: datetime, settings: Any, trigger: dict[str, Any], take_present: bool
) -> None:
    settings.REGULARS_CAMPAIGN_ASKS_ABOVE = 50
    draft = actions.save_draft(shop, document(trigger=trigger), now)
    for agreed in (None, 3, 9_999):
        with override("en"), pytest.raises(NotReady) as asked:
            actions.publish_draft(draft, now, take_present=take_present, agreed=agreed)
        assert (asked.value.code, asked.value.people) == ("everybody", 20)
        assert "It would go to 20 people, more than 50 %" in str(asked.value)
    assert not Measure._base_manager.exists()
    assert actions.publish_draft(draft, now, take_present=take_present, agreed=20).version == 1


def test_whoever_comes_in_later_needs_no_number(shop: Shop, everybody: Segment, now: datetime, settings: Any) -> None:
    settings.REGULARS_CAMPAIGN_ASKS_ABOVE = 50
    draft = actions.save_draft(shop, document(trigger={"kind": "segment_entered", "segment": "all"}), now)
    assert actions.publish_draft(draft, now).version == 1


def test_the_page_shows_what_was_found_and_publishes_when_it_is_confirmed(
    shop: Any, marketer: Client, everybody: Segment, now: datetime, settings: Any
) -> None:
    settings.REGULARS_CAMPAIGN_ASKS_ABOVE = 50
    words = document(
        link("http://plattenkiste.example/neu"),
        trigger={"kind": "schedule", "segment": "all", "every": "day", "hour": 9},
    )
    draft = actions.save_draft(shop, words, now)
    publish = address(shop, "journey_publish", draft.key)
    # when it is published
    answer = marketer.post(publish, {"revision": draft.revision})
    page = answer.content.decode()
    # then it is asked about, with the place, and nothing has started
    assert answer.status_code == 200
    assert "is not encrypted" in page
    assert 'name="agreed"' in page
    assert "?at=hello#panel" in page
    assert not Measure._base_manager.exists()
    # and confirmed, it runs
    found = answer.context["fingerprint"]
    assert marketer.post(publish, {"revision": draft.revision, "confirmed": found}).status_code == 200
    answer = marketer.post(publish, {"revision": draft.revision, "confirmed": found, "agreed": "20"})
    assert answer.status_code == 302
    assert Measure._base_manager.get().status == "running"


def test_the_page_offers_no_start_while_a_mail_has_errors(
    shop: Any, marketer: Client, rosa: Any, now: datetime
) -> None:
    draft = actions.save_draft(shop, document(link("https://plattenkiste")), now)
    page = marketer.post(address(shop, "journey_publish", draft.key), {"revision": draft.revision}).content.decode()
    assert "This must be mended first" in page
    assert "Publish and start" not in page
    assert JourneyDraft._base_manager.get().published_revision != draft.revision


def test_a_playbook_is_asked_about_where_it_is_set_up(shop: Any, marketer: Client, rosa: Any, now: datetime) -> None:
    Shop._base_manager.update(sender_email="")
    address_of = f"/s/{shop.slug}/measures/new/birthday_gift/"
    form = marketer.get(address_of).context["form"]
    values = {name: field.initial for name, field in form.fields.items() if field.initial is not None}
    answer = marketer.post(address_of, values)
    page = answer.content.decode()
    assert "has no sender" in page
    assert not Measure._base_manager.exists()
    answer = marketer.post(address_of, {**values, "confirmed": answer.context["fingerprint"]})
    assert answer.status_code == 302
    assert Measure._base_manager.get().status == "running"


def test_a_refusal_of_the_checks_is_one_that_pages_and_commands_know(shop: Shop, rosa: Any, now: datetime) -> None:
    with pytest.raises(Refused):
        actions.publish_draft(actions.save_draft(shop, document(link("https://plattenkiste")), now), now)


def test_an_old_price_in_a_template_is_a_warning_to_confirm(shop: Shop, rosa: Any, now: datetime) -> None:
    # given a published template that shows a price, which has changed since
    for at, price in ((now - timedelta(days=1), 2490), (now + timedelta(hours=1), 1990)):
        draft = ProductDraft("blue", title="Blue Train", price=price)
        upsert_products(shop, [draft], now=at, source="test", is_history=False)
        if at < now:
            said = ("Neues", "Ein Gruß", [block("product", sku="blue")])
            template = messaging.begin_template(shop, "Neues", {"de": said, "en": said}, now)
            messaging.publish_template(shop, template, now)
    steps = [step("hello", "send", template=template.key), step("end", "exit")]
    written = actions.save_draft(shop, document(steps=steps, messages={}), now)
    # when a journey that sends it is published
    with override("en"), pytest.raises(NotReady) as asked:
        actions.publish_draft(written, now, confirmed="")
    # then it is told in each language, with step and mail, and what is confirmed goes out
    assert asked.value.code == "warnings"
    lines = [one for one in str(asked.value).splitlines() if "Blue Train" in one]
    assert [one.partition(": “Blue")[0] for one in lines] == [
        "step 1 “hello” (send): Neues (de)", "step 1 “hello” (send): Neues (en)",
    ]  # fmt: skip
    assert "“Blue Train” is shown at €24.90, but costs €19.90 now. Publish the template again" in lines[1]
    assert actions.publish_draft(written, now, confirmed=asked.value.fingerprint).version == 1
