"""What a provider's answer means: taken, refused, put off, or known to nobody."""

import ssl
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError, SSLError

from regulars.channels.providers.handover import hand_over
from regulars.channels.providers.models import ProviderAccount
from regulars.decide.contact_policy.models import Contact, ContactRequest, Suppression
from regulars.reach.messaging.channel import State
from regulars.reach.messaging.models import Delivery, Message

from .conftest import KEY, TAKEN, Call, rows, told

pytestmark = pytest.mark.django_db


def message_id(call: Call) -> str:
    """Of a mail that Postmark was sent."""
    return next(one["Value"] for one in call.json["Headers"] if one["Name"] == "Message-ID")


def test_an_address_that_the_provider_spells_otherwise_was_taken_all_the_same(
    rosa: Any, queue: Any, set_up: Any, through: Any, provider_server: Any
) -> None:
    set_up("mailjet")
    queue(rosa)
    Message._base_manager.update(address="Rosa@example.com")
    through()
    assert rows()["marketing:rosa"][0] == "done"
    assert told()[0][1]["text"] == "taken as 70650219"


def test_an_inactive_recipient_is_refused_and_the_others_get_theirs(
    rosa: Any, nico: Any, queue: Any, set_up: Any, through: Any, provider_server: Any
) -> None:
    set_up("postmark")
    refusal = {
        "ErrorCode": 406,
        "Message": "You tried to send to a recipient that has been marked as inactive. Found inactive addresses: "
        "rosa@example.com. Inactive recipients are ones that have generated a hard bounce or a spam complaint.",
    }
    queue(rosa)
    provider_server.answers = [(422, refusal)]
    through()
    assert rows()["marketing:rosa"][0] == "failed"
    ((kind, data),) = told()
    assert (kind, data["code"]) == ("refused", 550)
    assert "inactive" in data["text"]
    assert Contact._base_manager.count() == 0
    queue(nico)
    through()
    assert rows()["marketing:nico"][0] == "done"


def test_an_address_that_is_none_for_the_provider_is_suppressed(
    rosa: Any, queue: Any, set_up: Any, through: Any, provider_server: Any
) -> None:
    set_up("postmark")
    provider_server.answers = [(422, {"ErrorCode": 300, "Message": "Invalid 'To' address: 'rosa@example.com'."})]
    queue(rosa)
    through()
    assert list(Suppression._base_manager.values_list("key", "reason")) == [("rosa@example.com", "bounced")]


def test_an_address_that_is_none_is_never_shown_to_the_provider(
    rosa: Any, queue: Any, set_up: Any, through: Any, provider_server: Any
) -> None:
    set_up("brevo")
    queue(rosa)
    Message._base_manager.update(address="rosa@example.com\r\nBcc: x@example.com")
    through()
    assert provider_server.calls == []
    assert rows()["marketing:rosa"] == ("failed", "this is no e-mail address")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ((429, {"message": "Too many requests"}), "due"),
        ((500, {"message": "Internal"}), "due"),
        ((503, {"message": "Maintenance"}), "due"),
        ((401, {"message": "The key is wrong"}), "due"),
        ((302, None), "due"),
        ((504, b"gateway"), "uncertain"),
        ((502, b"gateway"), "uncertain"),
        ((200, b"not JSON"), "uncertain"),
        ("hang up", "uncertain"),
        ((400, {"message": "sender is not valid"}), "failed"),
    ],
)
def test_what_an_answer_means(
    answer: Any, status: str, now: datetime, rosa: Any, queue: Any, set_up: Any, through: Any, provider_server: Any
) -> None:
    set_up("brevo")
    provider_server.answers = [answer]
    queue(rosa)
    through()
    assert rows()["marketing:rosa"][0] == status
    assert Suppression._base_manager.count() == 0
    assert Contact._base_manager.count() == (1 if status == "uncertain" else 0)
    through(now + timedelta(minutes=5))
    assert rows()["marketing:rosa"][0] == ("done" if status == "due" else status)
    assert [call.path for call in provider_server.calls] == ["/smtp/email"] * (2 if status == "due" else 1)


def test_a_provider_that_is_away_puts_off(
    now: datetime, rosa: Any, queue: Any, set_up: Any, through: Any, provider_server: Any
) -> None:
    there = provider_server.url
    provider_server.url = "http://127.0.0.1:1/"
    set_up("resend")
    queue(rosa)
    through()
    assert rows()["marketing:rosa"][0] == "due"
    assert Contact._base_manager.count() == 0
    provider_server.url = there
    set_up("resend")
    through(now + timedelta(minutes=5))
    assert rows()["marketing:rosa"] == ("done", "")


def test_a_service_mail_of_which_nobody_knows_goes_out_again_with_the_same_message_id(
    now: datetime, rosa: Any, queue: Any, set_up: Any, through: Any, provider_server: Any
) -> None:
    set_up("postmark")
    provider_server.answers = ["hang up"]
    queue(rosa, purpose="service")
    through()
    through(now + timedelta(minutes=5))
    first, second = (message_id(call) for call in provider_server.calls)
    assert first == second
    assert rows()["service:rosa"] == ("done", "")


def test_a_wrong_key_is_asked_once_shown_on_the_page_and_never_told(
    now: datetime, make_customer: Any, queue: Any, set_up: Any, through: Any, provider_server: Any, caplog: Any
) -> None:
    account = set_up("sendgrid")
    provider_server.usual = (401, {"errors": [{"message": f"The key {KEY} is revoked", "field": None}]})
    queue(*[make_customer(f"C{number}") for number in range(30)])
    through()
    assert len(provider_server.calls) <= 4  # as many as were under way when the first answer came
    assert {status for status, _reason in rows().values()} == {"due"}
    account.refresh_from_db()
    assert account.last_error == "401 The key … is revoked"
    assert all(KEY not in reason for _status, reason in rows().values())
    assert KEY not in caplog.text
    provider_server.usual = (202, TAKEN["sendgrid"])
    through(now + timedelta(minutes=5))
    assert {status for status, _reason in rows().values()} == {"done"}
    account.refresh_from_db()
    assert (account.last_error, account.last_error_at) == ("", None)


def test_a_key_is_not_carried_along_a_redirect(
    rosa: Any, queue: Any, set_up: Any, through: Any, provider_server: Any
) -> None:
    set_up("postmark")
    provider_server.answers = [(307, None)]
    queue(rosa)
    through()
    assert [call.path for call in provider_server.calls] == ["/email"]
    assert rows()["marketing:rosa"][0] == "due"


def test_five_refusals_for_the_mail_itself_do_not_suppress_an_address(
    shop: Any, now: datetime, rosa: Any, queue: Any, set_up: Any, through: Any, provider_server: Any
) -> None:
    from regulars.reach.messaging.actions.returns import worn_out

    set_up("brevo")
    for number in range(5):
        provider_server.answers = [(400, {"message": "the sender is not activated"})]
        queue(rosa)
        through(now)
        message = Message._base_manager.get(key="marketing:rosa")
        Message._base_manager.filter(pk=message.pk).update(key=f"old:{number}")
        ContactRequest._base_manager.filter(pk=message.request_id).update(key=f"old:{number}", status="used")
        Contact._base_manager.all().delete()
    assert Delivery.objects.filter(kind="refused").count() == 5
    assert worn_out(shop, {"rosa@example.com"}, now) == []


def test_without_a_key_that_opens_nothing_is_sent_and_nothing_lost(
    rosa: Any, queue: Any, set_up: Any, through: Any, provider_server: Any, settings: Any
) -> None:
    set_up("postmark")
    queue(rosa)
    ProviderAccount._base_manager.update(api_key="gAAAA-of-another-installation")
    through()
    assert rows()["marketing:rosa"][0] == "due"
    assert provider_server.calls == []


def test_a_sender_address_that_is_none_puts_off_before_anything_is_sent(
    shop: Any, rosa: Any, queue: Any, set_up: Any, through: Any, provider_server: Any
) -> None:
    account = set_up("postmark")
    shop.sender_email = "post@platten kiste"
    shop.save()
    queue(rosa)
    through()
    assert rows()["marketing:rosa"] == ("due", "the shop's own sender address is none")
    assert provider_server.calls == []
    account.refresh_from_db()
    assert account.last_error == "the shop's own sender address is none"


def test_one_answer_that_breaks_the_library_does_not_cost_the_outcomes_of_the_others(
    make_customer: Any, queue: Any, set_up: Any, through: Any, provider_server: Any, caplog: Any
) -> None:
    set_up("brevo")
    provider_server.answers = [
        (200, ["a list, which", "nobody expects"]),
        (200, {"messageId": 7}),
        (200, {"messageId": {}}),
    ]
    queue(*[make_customer(f"C{number}") for number in range(6)])
    through()
    states = [status for status, _reason in rows().values()]
    assert (len(provider_server.calls), states.count("uncertain") + states.count("done")) == (6, 6)
    assert states.count("done") >= 3
    assert KEY not in caplog.text


def test_nothing_is_begun_when_the_lease_is_nearly_over(
    rosa: Any, queue: Any, set_up: Any, through: Any, provider_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from regulars.channels.providers import channel

    set_up("brevo")
    monkeypatch.setattr(channel, "TIME", -1.0)
    queue(rosa)
    through()
    assert rows()["marketing:rosa"] == ("due", "no time was left in this batch")
    assert provider_server.calls == []


@pytest.mark.parametrize(
    ("make", "is_certain"),
    [
        (lambda: requests.ConnectTimeout("slow"), True),
        (lambda: requests.exceptions.ProxyError("no"), True),
        (lambda: requests.ReadTimeout("slow"), False),
        (lambda: requests.ConnectionError("reset"), False),
        (lambda: requests.exceptions.ChunkedEncodingError("cut"), False),
        (
            lambda: requests.exceptions.SSLError(MaxRetryError(None, "/", SSLError(ssl.SSLCertVerificationError()))),
            True,
        ),
        (lambda: requests.exceptions.SSLError(MaxRetryError(None, "/", SSLError(ssl.SSLEOFError()))), False),
        (lambda: requests.ConnectionError(MaxRetryError(None, "/", NewConnectionError(None, "refused"))), True),
    ],
)
def test_what_is_certain_when_the_line_breaks(make: Any, is_certain: bool) -> None:
    from anymail.exceptions import AnymailRequestsAPIError

    class Backend:
        def send_messages(self, mails: Any) -> None:
            raise AnymailRequestsAPIError("broken") from make()

    answer = hand_over(Backend(), None)
    assert answer.state == (State.DEFERRED if is_certain else State.UNCERTAIN)
