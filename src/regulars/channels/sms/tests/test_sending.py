"""SMS over a real HTTP server that behaves badly in turn."""

from datetime import timedelta
from typing import Any

import pytest

from regulars.channels.sms import actions
from regulars.channels.sms.models import SmsHandover
from regulars.channels.sms.providers import PROVIDERS
from regulars.core.errors import Refused
from regulars.decide.contact_policy.models import Contact, Suppression
from regulars.know.customers.models import Identity
from regulars.reach.messaging.actions import send_due
from regulars.reach.messaging.models import Delivery, Message
from regulars.reach.messaging.tokens import CLICK, UNSUBSCRIBE, read

from .conftest import KEY, number, rows, told

pytestmark = pytest.mark.django_db


def test_an_sms_goes_out_once_with_its_key_and_short_links(
    shop: Any, now: Any, rosa: Any, queue: Any, account: Any, provider: Any
) -> None:
    queue(rosa)
    assert send_due(shop, now) == 1
    assert send_due(shop, now) == 0
    (call,) = provider.calls
    message = Message._base_manager.get()
    assert call.headers["authorization"] == f"Bearer {KEY}"
    assert call.headers["idempotency-key"] == message.message_id
    said = call.json
    assert (said["to"], said["from"], said["reference"]) == (number(rosa), "Plattenkist", message.message_id)
    before, _sep, way_out = said["text"].partition(". Keine SMS mehr: ")
    start = "Hallo Rosa, neu: https://mail.plattenkiste.example/c/"
    assert before.startswith(start)
    token = before.removeprefix(start)
    assert len(token) == 22, "rosa agreed to tracking, and each sign counts"
    assert read(CLICK, token, now).message == message.pk
    leave = way_out.removeprefix("https://mail.plattenkiste.example/u/")
    assert read(UNSUBSCRIBE, leave, now).message == message.pk
    assert read(CLICK, leave, now) is None
    assert rows() == {"sms:rosa": ("done", "")}
    assert Contact._base_manager.get().channel == "sms"
    assert SmsHandover._base_manager.get().reference == "m-1"


def test_without_consent_to_tracking_the_link_is_plain(
    shop: Any, now: Any, make_customer: Any, queue: Any, account: Any, provider: Any
) -> None:
    queue(make_customer("Nico", consents=("marketing",)))
    send_due(shop, now)
    assert "neu: https://plattenkiste.example/neu. Keine" in provider.calls[0].json["text"]


def test_a_server_that_behaves_badly_in_turn(
    shop: Any, now: Any, rosa: Any, queue: Any, account: Any, provider: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("regulars.channels.sms.wire.TIMEOUT", 0.5)
    queue(rosa)
    provider.answers += [(500, {"message": "oops"}, {}), (429, {}, {"Retry-After": "300"}), (503, {}, {})]
    send_due(shop, now)
    assert rows() == {"sms:rosa": ("due", "oops")}
    at = now + timedelta(minutes=5)
    send_due(shop, at)
    row = Message._base_manager.get()
    assert row.status == "due"
    assert row.due_at - at > timedelta(minutes=4), "it is not asked before it said"
    at = row.due_at + timedelta(minutes=1)
    send_due(shop, at)
    assert Message._base_manager.get().status == "due"
    at += timedelta(hours=1)
    provider.answers.append(2.0)
    send_due(shop, at)
    assert rows()["sms:rosa"][0] == "uncertain", "too slow: perhaps it was taken"
    assert send_due(shop, at + timedelta(hours=2)) == 0, "never tried again by itself"
    assert told() == ["deferred", "deferred", "deferred", "uncertain"]
    assert len({call.headers["idempotency-key"] for call in provider.calls}) == 1
    assert Contact._base_manager.count() == 1, "it may have reached her, so it counts"


def test_a_line_that_drops_after_reading_is_uncertain(
    shop: Any, now: Any, rosa: Any, queue: Any, account: Any, provider: Any
) -> None:
    queue(rosa)
    provider.answers.append("hang up")
    send_due(shop, now)
    assert rows() == {"sms:rosa": ("uncertain", "")}
    assert len(provider.calls) == 1


def test_a_gateway_that_answers_in_its_place_is_uncertain(
    shop: Any, now: Any, rosa: Any, queue: Any, account: Any, provider: Any
) -> None:
    queue(rosa)
    provider.answers.append((502, {}, {}))
    send_due(shop, now)
    assert rows()["sms:rosa"][0] == "uncertain"


def both(shop: Any, now: Any, second: Any) -> Any:
    twilio = actions.set_up(
        shop, PROVIDERS["twilio"], now, secret="token-2", user="AC1", sender="+491711111111", per_second=500, is_used=True,
    )  # fmt: skip
    second.usual = (201, {"sid": "SM{n}"}, {})
    return twilio


@pytest.fixture
def over_second(monkeypatch: Any, second: Any) -> None:
    from dataclasses import replace

    here = replace(PROVIDERS["twilio"], url=second.url + "Accounts/{user}/Messages.json")
    monkeypatch.setitem(PROVIDERS, "twilio", here)


@pytest.mark.usefixtures("over_second")
def test_what_the_first_certainly_did_not_take_goes_over_the_second(
    shop: Any, now: Any, rosa: Any, lena: Any, queue: Any, account: Any, provider: Any, second: Any
) -> None:
    both(shop, now, second)
    queue(rosa, lena)
    provider.usual = (401, {"message": "wrong key"}, {})
    send_due(shop, now)
    assert rows() == {"sms:rosa": ("done", ""), "sms:lena": ("done", "")}
    assert len(provider.calls) <= 2
    assert [call.path for call in second.calls] == ["/Accounts/AC1/Messages.json"] * 2
    assert {call.fields["To"] for call in second.calls} == {number(rosa), number(lena)}
    assert second.calls[0].fields["StatusCallback"].startswith("https://mail.plattenkiste.example/hooks/sms/twilio/")
    assert second.calls[0].headers["authorization"].startswith("Basic ")
    account.refresh_from_db()
    assert account.last_error == "401 wrong key"
    assert {one.data["over"] for one in Delivery.objects.all()} == {"twilio"}


@pytest.mark.usefixtures("over_second")
def test_what_the_first_perhaps_took_goes_over_no_other(
    shop: Any, now: Any, rosa: Any, queue: Any, account: Any, provider: Any, second: Any
) -> None:
    both(shop, now, second)
    queue(rosa)
    provider.answers.append("hang up")
    send_due(shop, now)
    assert rows()["sms:rosa"][0] == "uncertain"
    assert second.calls == []


@pytest.mark.usefixtures("over_second")
def test_a_provider_that_cannot_be_reached_is_passed_over(
    shop: Any, now: Any, rosa: Any, queue: Any, account: Any, second: Any
) -> None:
    both(shop, now, second)
    actions.set_up(shop, PROVIDERS["http"], now, url="http://127.0.0.1:9/")
    queue(rosa)
    send_due(shop, now)
    assert rows() == {"sms:rosa": ("done", "")}
    assert len(second.calls) == 1


def test_the_pace_is_shared_by_all_workers(
    shop: Any, now: Any, make_customer: Any, queue: Any, account: Any, provider: Any
) -> None:
    actions.set_up(shop, PROVIDERS["http"], now, per_second=20)
    queue(*(make_customer(f"C{n}") for n in range(10)))
    send_due(shop, now, limit=5)
    send_due(shop, now, limit=5)
    times = sorted(call.at for call in provider.calls)
    assert len(times) == 10
    assert times[-1] - times[0] > 9 / 20 - 0.06, "ten at twenty a second take nine gaps"


def test_a_number_that_is_none_is_suppressed_and_a_landline_is_not(
    shop: Any, now: Any, rosa: Any, lena: Any, queue: Any, account: Any, provider: Any
) -> None:
    for one, key in ((rosa, "+4917"), (lena, "+493012345678")):
        Identity._base_manager.create(shop=shop, customer=one, kind="phone", value=key, key=key, created_at=now)
    queue(rosa, lena)
    send_due(shop, now)
    assert rows() == {
        "sms:rosa": ("failed", "this is no phone number"),
        "sms:lena": ("failed", "this is not the number of a mobile phone"),
    }
    assert [one.key for one in Suppression._base_manager.all()] == ["+4917"]
    assert provider.calls == []


def test_a_number_that_the_provider_knows_nobody_of_is_suppressed(
    shop: Any, now: Any, rosa: Any, queue: Any, account: Any, provider: Any, monkeypatch: Any
) -> None:
    from dataclasses import replace

    monkeypatch.setitem(PROVIDERS, "http", replace(PROVIDERS["http"], dead=frozenset({"21211"})))
    queue(rosa)
    provider.answers.append((400, {"code": 21211, "message": "no such number"}, {}))
    send_due(shop, now)
    assert rows() == {"sms:rosa": ("failed", "no such number")}
    assert Suppression._base_manager.get().key == number(rosa)


def test_success_that_is_none_is_told(shop: Any, now: Any) -> None:
    from regulars.channels.sms.wire import meaning
    from regulars.core.outbound import Reply

    seven = PROVIDERS["seven"]
    taken = meaning(seven, Reply(200, body=b'{"success": "100", "messages": [{"id": "7712"}]}'), now)
    assert (taken.state, taken.reference) == ("accepted", "7712")
    broke = meaning(seven, Reply(200, body=b'{"success": "500"}'), now)
    assert (broke.state, broke.is_about_the_account) == ("deferred", True)
    assert meaning(seven, Reply(200, body=b'{"success": "202"}'), now).is_dead
    assert meaning(PROVIDERS["http"], Reply(200, body=b"<html>"), now).state == "accepted"
    assert meaning(PROVIDERS["http"], Reply(302), now).state == "deferred"


def test_without_a_provider_sms_wait(shop: Any, now: Any, rosa: Any, queue: Any) -> None:
    queue(rosa)
    send_due(shop, now)
    assert rows() == {"sms:rosa": ("due", "no SMS provider is set up")}


def test_a_private_address_is_not_called(
    shop: Any, now: Any, rosa: Any, queue: Any, account: Any, provider: Any, settings: Any
) -> None:
    settings.REGULARS_PRIVATE_WEBHOOKS = False
    queue(rosa)
    send_due(shop, now)
    assert rows() == {"sms:rosa": ("due", "the address lies in a private network")}
    assert provider.calls == []
    with pytest.raises(Refused):
        actions.set_up(shop, PROVIDERS["http"], now, url="http://169.254.169.254/latest")


def test_one_budget_holds_over_all_channels(shop: Any, now: Any, rosa: Any, queue: Any, account: Any) -> None:
    shop.contacts_per_week = 1
    shop.save()
    queue(rosa)
    send_due(shop, now)
    queue(rosa, key="again")
    assert rows() == {"sms:rosa": ("done", ""), "again:rosa": ("cancelled", "budget")}
