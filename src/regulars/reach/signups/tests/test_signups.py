"""Double opt-in by the doors that people use: the form, the mail's link, scanners, the preference centre."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from regulars.core.actions import create_staff
from regulars.core.errors import Refused
from regulars.decide.contact_policy.actions import choose_topics, save_topic, withdraw_consent
from regulars.decide.contact_policy.models import Consent, ContactRequest, ContactWish, Objection, Topic, TopicChoice
from regulars.know.customers.models import Customer, Identity
from regulars.know.timeline.models import Event
from regulars.reach.messaging import tokens as mail_tokens
from regulars.reach.messaging.models import Message, Template, TemplateVersion
from regulars.reach.signups import actions, tokens
from regulars.reach.signups.actions.signing import EXPIRES
from regulars.reach.signups.models import FormText, Signup, SignupForm

pytestmark = pytest.mark.django_db
FILLED = {"email": "Mia@example.com", "first_name": "Mia", "consent": "yes", "topic": ["vinyl"]}


@pytest.fixture
def form(shop: Any, now: Any, time_machine: Any) -> SignupForm:
    time_machine.move_to(now, tick=False)
    save_topic(shop, "vinyl", {"de": "Neues Vinyl", "en": "New vinyl"}, {}, now)
    save_topic(shop, "events", {"de": "Abende im Laden"}, {}, now)
    return actions.save_form(shop, "post", "Post", actions.DEFAULT_TEXTS, topics=["vinyl", "events"], now=now)


@pytest.fixture
def door(shop: Any, form: SignupForm) -> str:
    return f"/f/{shop.slug}/{form.key}"


def confirm_path(now: Any) -> str:
    return f"/k/{tokens.make(Signup._base_manager.get().pk, now)}"


def consents() -> dict[str, str]:
    return dict(Consent._base_manager.values_list("purpose", "state"))


def test_only_a_persons_post_makes_a_consent(shop: Any, door: str, now: Any, client: Client, time_machine: Any) -> None:
    # given: somebody asks; nothing is permitted, and a service mail without advertising waits
    assert client.get(door).status_code == 200
    assert Customer._base_manager.count() == 0
    answer = client.post(door, {**FILLED, "tracking": "yes"}, headers={"DNT": "1", "Sec-GPC": "1"})
    assert "mail" in answer.content.decode().lower()
    assert consents() == {"marketing": "pending", "tracking": "pending"}
    message = Message._base_manager.get()
    assert (message.purpose, message.address) == ("service", "Mia@example.com")
    assert ContactRequest._base_manager.get().purpose == "service"
    assert message.values["signup.url"].endswith(confirm_path(now))
    # when: scanners look, and a browser that wants not to be tracked confirms
    later = now + timedelta(hours=3)
    time_machine.move_to(later, tick=False)
    for _time in range(3):
        assert client.get(confirm_path(now)).status_code == 200
        assert client.head(confirm_path(now)).status_code == 200
    assert set(consents().values()) == {"pending"}
    strict = Client(enforce_csrf_checks=True)
    for _time in range(2):
        assert strict.post(confirm_path(now), headers={"DNT": "1", "Sec-GPC": "1"}).status_code == 200
    # then: the consent stands with its evidence, once
    assert set(consents().values()) == {"granted"}
    consent = Consent._base_manager.get(purpose="marketing")
    text = FormText.objects.filter(locale=consent.evidence["locale"]).get()
    assert consent.wording == text.wording
    assert consent.evidence["form"] == "post"
    assert consent.evidence["version"] == 1
    assert (consent.given_at, consent.confirmed_at) == (now, later)
    assert Event._base_manager.filter(type="consent.granted").count() == 2
    assert Identity._base_manager.get().verified_at == later
    assert TopicChoice._base_manager.get(topic__key="vinyl").is_wanted


def test_known_and_unknown_addresses_get_the_same_answer(shop: Any, rosa: Any, door: str, client: Client) -> None:
    known = Identity._base_manager.get(customer=rosa, kind="email").value
    answers = [client.post(door, {**FILLED, "email": email}) for email in (known, "unknown@example.com")]
    seen = [answer.content.decode().partition("<main")[2] for answer in answers]
    assert seen[0] == seen[1] != ""
    assert Customer._base_manager.filter(number="unknown@example.com").count() <= 1


def test_nobody_floods_anothers_inbox(door: str, now: Any, client: Client, time_machine: Any) -> None:
    for minute in range(0, 24 * 60, 10):
        time_machine.move_to(now + timedelta(minutes=minute), tick=False)
        assert client.post(door, FILLED).status_code == 200
    assert Message._base_manager.count() == 3


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"consent": ""}, 422),
        ({"email": "not an address"}, 422),
        ({"email": ""}, 422),
        ({"email": "a@example.com\nBcc: b@example.com"}, 422),
        ({"website": "https://spam.example"}, 200),
    ],
)
def test_what_is_not_a_request_leaves_nothing(door: str, client: Client, change: Any, status: int) -> None:
    assert client.post(door, {**FILLED, **change}).status_code == status
    assert Customer._base_manager.count() == Message._base_manager.count() == 0


def test_an_expired_or_forged_token_confirms_nothing(door: str, now: Any, client: Client, time_machine: Any) -> None:
    client.post(door, FILLED)
    good = confirm_path(now)
    for bad in (good[:-1] + ("A" if good[-1] != "A" else "B"), "/k/x", "/k/" + "ä" * 36):
        assert client.post(bad).status_code == 404
    time_machine.move_to(now + timedelta(days=15), tick=False)
    assert client.post(good).status_code == 404
    assert consents() == {"marketing": "pending"}


def test_a_later_no_wins_over_an_older_yes(shop: Any, door: str, now: Any, client: Client) -> None:
    client.post(door, FILLED)
    customer = Customer._base_manager.get()
    withdraw_consent(shop, [customer.pk], "email", "marketing", now, source="staff")
    assert client.post(confirm_path(now)).status_code == 404
    assert consents() == {"marketing": "withdrawn"}


def test_what_nobody_confirms_goes_again(shop: Any, rosa: Any, door: str, now: Any, client: Client) -> None:
    client.post(door, FILLED)
    client.post(door, {**FILLED, "email": Identity._base_manager.get(customer=rosa, kind="email").value})
    before = Consent._base_manager.filter(customer=rosa).exclude(state="pending").count()
    assert actions.expire(shop, now + EXPIRES) == 0
    assert actions.expire(shop, now + EXPIRES + timedelta(minutes=1)) == 2
    assert actions.expire(shop, now + EXPIRES + timedelta(minutes=1)) == 0
    assert list(Customer._base_manager.values_list("pk", flat=True)) == [rosa.pk]
    assert Consent._base_manager.filter(customer=rosa).count() == before


def test_changed_words_are_a_new_version(shop: Any, form: SignupForm, now: Any) -> None:
    words = dict(actions.DEFAULT_TEXTS)
    actions.save_form(shop, "post", "Post", words, now=now)
    assert FormText.objects.count() == 2
    words["de"] = actions.FormWords("Post", "", "Ja, gern.", "Ja, messen.")
    actions.save_form(shop, "post", "Post", words, now=now)
    assert sorted(FormText.objects.values_list("locale", "version")) == [("de", 1), ("de", 2), ("en", 1)]
    with pytest.raises(Refused):
        actions.save_form(shop, "post", "Post", {"de": actions.FormWords("Titel", "", "")}, now=now)


@pytest.fixture
def centre(shop: Any, rosa: Any, form: SignupForm, now: Any) -> str:
    template = Template._base_manager.create(shop=shop, key="t", name="T")
    version = TemplateVersion.objects.create(
        template=template, locale="de", version=1, subject="s", source="", created_at=now
    )
    request = ContactRequest._base_manager.create(
        shop=shop,
        customer=rosa,
        channel="email",
        purpose="marketing",
        earliest=now,
        latest=now,
        key="k",
        created_at=now,
    )
    message = Message._base_manager.create(
        shop=shop, customer=rosa, request=request, version=version, purpose="marketing", address="rosa@example.com",
        message_id="m@x", key="k", created_at=now, status="done", sent_at=now,
    )  # fmt: skip
    hour = mail_tokens.expiry_hour(mail_tokens.PREFERENCES, now)
    return f"/p/{mail_tokens.make(mail_tokens.PREFERENCES, message.pk, 0, hour)}"


def test_the_centre_changes_nothing_by_looking_and_saves_what_is_chosen(
    shop: Any, rosa: Any, centre: str, client: Client
) -> None:
    assert client.get(centre).status_code == 200
    assert not TopicChoice._base_manager.exists()
    kept = [f"{one.channel}:{one.purpose}" for one in Consent._base_manager.filter(customer=rosa, state="granted")]
    assert "email:marketing" in kept
    page = client.post(centre, {"topic": ["vinyl"], "often": "1", "consent": kept, "save": "yes"})
    assert page.status_code == 200
    assert dict(TopicChoice._base_manager.values_list("topic__key", "is_wanted")) == {"vinyl": True, "events": False}
    assert ContactWish._base_manager.get(customer=rosa).per_month == 1
    assert Consent._base_manager.filter(customer=rosa, purpose="marketing", state="granted").exists()
    client.post(centre, {"topic": ["vinyl", "events"], "often": "0", "save": "yes"})
    assert set(TopicChoice._base_manager.values_list("is_wanted", flat=True)) == {True}
    assert not ContactWish._base_manager.exists()
    assert not Consent._base_manager.filter(customer=rosa, state="granted").exists()


def test_leaving_is_one_button_and_ends_everything(rosa: Any, centre: str, client: Client) -> None:
    client.post(centre, {"leave": "yes"})
    client.post(centre, {"leave": "yes"})
    assert Objection._base_manager.filter(customer=rosa).count() == 1


def test_a_token_for_clicks_opens_no_preferences(rosa: Any, centre: str, now: Any, client: Client) -> None:
    pk = Message._base_manager.get().pk
    click = mail_tokens.make(mail_tokens.CLICK, pk, 0, mail_tokens.expiry_hour(mail_tokens.CLICK, now))
    assert client.post(f"/p/{click}", {"leave": "yes"}).status_code == 404
    assert not Objection._base_manager.exists()


def test_choices_and_wishes_survive_a_merge_by_the_later_word(
    shop: Any, rosa: Any, nico: Any, form: Any, now: Any
) -> None:
    from regulars.decide.contact_policy.actions import wish_frequency
    from regulars.know.customers.actions import merge

    choose_topics(shop, rosa.pk, {"vinyl": True}, now)
    choose_topics(shop, nico.pk, {"vinyl": False, "events": False}, now + timedelta(days=1))
    wish_frequency(shop, rosa.pk, 4, now + timedelta(days=2))
    wish_frequency(shop, nico.pk, 1, now)
    merge(shop, nico.pk, rosa.pk, now + timedelta(days=3))
    assert dict(TopicChoice._base_manager.values_list("topic__key", "is_wanted")) == {"vinyl": False, "events": False}
    assert ContactWish._base_manager.get().per_month == 4


@pytest.mark.parametrize("role", ["owner", "marketer", "service", "analyst", "till"])
def test_who_may_make_forms_and_topics(shop: Any, form: Any, now: Any, role: str) -> None:
    client = Client(headers={"accept-language": "en"})
    staff = create_staff(f"{role}@example.com", now=now, shop=shop, role=role)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    may = role in ("owner", "marketer")
    for name, args in (("signups", ()), ("signup-form-new", ()), ("signup-form", ("post",)), ("topics", ())):
        assert client.get(reverse(f"shop:{name}", args=[shop.slug, *args])).status_code == (200 if may else 403), name
    path = reverse("shop:topics", args=[shop.slug])
    client.post(path, {"key": "new", "name_de": "Neu", "is_active": "on"})
    assert Topic._base_manager.filter(key="new").exists() is may
    filled = {"name": "Zweites", "key": "second", "de-title": "T", "de-wording": "W", "is_active": "on"}
    client.post(reverse("shop:signup-form-new", args=[shop.slug]), filled)
    assert SignupForm._base_manager.filter(key="second").exists() is may
