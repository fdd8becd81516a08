"""Messages over a provider's interface: through the real gate and sender, to a real HTTP server."""

import ssl
from base64 import b64decode
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError, SSLError

from regulars.channels.providers.handover import hand_over
from regulars.channels.providers.mail import NAMED, mailbox, number_in
from regulars.channels.providers.models import ProviderAccount
from regulars.decide.contact_policy.models import Contact, ContactRequest, Suppression
from regulars.know.customers.models import Customer, Identity
from regulars.know.timeline.models import Event
from regulars.reach.messaging.channel import State
from regulars.reach.messaging.models import Delivery, Message

from .conftest import KEY, TAKEN

pytestmark = pytest.mark.django_db


def rows() -> dict[str, tuple[str, str]]:
    return {one.key: (one.status, one.reason) for one in Message._base_manager.all()}


def told() -> list[tuple[str, dict[str, Any]]]:
    return list(Delivery.objects.order_by("pk").values_list("kind", "data"))


# Where each provider's documentation puts what we send: the headers, and what comes back with reports.
HEADERS = {
    "postmark": lambda call: {one["Name"]: one["Value"] for one in call.json["Headers"]},
    "mailgun": lambda call: {name[2:]: value for name, value in call.fields.items() if name.startswith("h:")},
    "sendgrid": lambda call: call.json["headers"],
    "brevo": lambda call: call.json["headers"],
    "mailjet": lambda call: call.json["Globals"]["Headers"],
    "sparkpost": lambda call: call.json["content"]["headers"],
    "resend": lambda call: call.json["headers"],
}


@pytest.mark.parametrize("key", sorted(HEADERS))
def test_a_mail_goes_out_once_with_its_headers_and_the_provider_is_told_what_to_name(
    key: str, shop: Any, rosa: Any, otto: Any, queue: Any, set_up: Any, through: Any, provider_server: Any
) -> None:
    import json

    set_up(key)
    queue(rosa, otto)
    through()
    through()
    (call,) = provider_server.calls
    assert rows() == {"marketing:rosa": ("done", ""), "marketing:otto": ("cancelled", "objection")}
    message = Message._base_manager.get(key="marketing:rosa")
    headers = {name.lower(): value for name, value in HEADERS[key](call).items()}
    assert headers["list-unsubscribe"].startswith("<https://mail.plattenkiste.example/u/")
    assert headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    ours, other = (
        ("references", "message-id") if key in ("brevo", "mailjet", "resend") else ("message-id", "references")
    )
    assert (headers[ours], headers.get(other)) == (f"<{message.message_id}>", None)
    text = json.dumps(call.fields if key == "mailgun" else call.json)
    assert "CODE-rosa" in text
    assert "Hallo Rosa" in text
    assert "https://mail.plattenkiste.example/c/" in text
    assert "plattenkiste.example/neu" not in text
    start = text.index("regulars+")
    assert number_in({NAMED: text[start : text.index(".invalid", start) + 8]}) == message.pk
    ((kind, data),) = told()
    assert (kind, data["code"]) == ("accepted", 202 if key == "sendgrid" else 200)
    assert data["text"].startswith("taken as ")
    assert Contact._base_manager.filter(customer=rosa).count() == 1
    assert Event._base_manager.filter(type="message.sent").count() == 1


@pytest.mark.parametrize(
    ("key", "where"),
    [
        ("postmark", ("TrackOpens", "TrackLinks")),
        ("mailgun", ("o:tracking-opens", "o:tracking-clicks")),
    ],
)
def test_the_providers_own_tracking_is_off(
    key: str, where: tuple[str, str], rosa: Any, queue: Any, set_up: Any, through: Any, provider_server: Any
) -> None:
    set_up(key)
    queue(rosa)
    through()
    (call,) = provider_server.calls
    said = call.fields if key == "mailgun" else call.json
    assert [said[name] for name in where] == (["no", "no"] if key == "mailgun" else [False, "None"])


def test_the_key_goes_where_the_provider_wants_it(
    rosa: Any, nico: Any, queue: Any, set_up: Any, through: Any, provider_server: Any
) -> None:
    set_up("postmark", stream="broadcast")
    queue(rosa)
    through()
    assert provider_server.calls[0].headers["x-postmark-server-token"] == KEY
    assert provider_server.calls[0].json["MessageStream"] == "broadcast"
    set_up("mailjet")
    queue(nico)
    through()
    given = provider_server.calls[1].headers["authorization"].removeprefix("Basic ")
    assert b64decode(given).decode() == f"{KEY}:second-secret"
    for account in ProviderAccount._base_manager.all():
        assert KEY not in f"{account.api_key}{account.secret_key}"


def test_a_service_mail_has_no_unsubscribe_header(
    rosa: Any, queue: Any, set_up: Any, through: Any, provider_server: Any
) -> None:
    set_up("postmark")
    queue(rosa, purpose="service")
    through()
    headers = HEADERS["postmark"](provider_server.calls[0])
    assert headers["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in headers
    assert headers["X-PM-KeepID"] == "true"


def test_what_a_customer_is_called_smuggles_nothing_in(
    shop: Any, rosa: Any, queue: Any, set_up: Any, through: Any, provider_server: Any
) -> None:
    name = 'Rosa"\r\nBcc: all@example.com, <x@example.com> {{ api_key }}'
    Customer._base_manager.filter(pk=rosa.pk).update(first_name=name, last_name="")
    shop.sender_name = "Platten\r\nX-Evil: 1"
    shop.save()
    set_up("postmark")
    queue(rosa)
    through()
    said = provider_server.calls[0].json
    assert "\n" not in said["To"] + said["From"] + said["Subject"]
    assert said["To"].endswith("<rosa@example.com>")
    assert said["To"].count("@example.com") == 3  # two of them inside the quoted name
    assert {"Cc", "Bcc"} & set(said) == set()
    assert said["From"] == '"Platten X-Evil: 1" <post@plattenkiste.example>'
    assert [one["Name"] for one in said["Headers"] if one["Name"].lower() in ("bcc", "x-evil")] == []
    assert "{{" not in said["Subject"] + said["TextBody"] + said["HtmlBody"]
    assert told()[0][1]["note"] == "header cleaned"


def test_an_address_that_the_provider_spells_otherwise_was_taken_all_the_same(
    rosa: Any, queue: Any, set_up: Any, through: Any, provider_server: Any
) -> None:
    set_up("mailjet")
    queue(rosa)
    Message._base_manager.update(address="Rosa@example.com")
    through()
    assert rows()["marketing:rosa"][0] == "done"
    assert told()[0][1]["text"] == "taken as 70650219"


def test_a_name_with_a_comma_or_umlauts_stays_one_mailbox() -> None:
    from anymail.utils import parse_address_list

    for name in ("Müller, Änne", 'Die "Rille" \\ Co', "a@b.example", "x <y@z.example>"):
        (parsed,) = parse_address_list([mailbox(name, "rosa@example.com")])
        assert (parsed.display_name, parsed.addr_spec) == (name, "rosa@example.com")


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
    first, second = (HEADERS["postmark"](call)["Message-ID"] for call in provider_server.calls)
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


def test_other_shops_keep_their_way(shop: Any, now: datetime, set_up: Any) -> None:
    from regulars.core.actions import create_shop
    from regulars.reach.messaging.actions import rules_of
    from regulars.reach.messaging.channel import CHANNELS, channel_for

    set_up("postmark")
    other = create_shop("other", now=now)
    assert channel_for("email", other, rules_of(other).way) is CHANNELS["email"]
    assert channel_for("email", shop, rules_of(shop).way) is not CHANNELS["email"]


def test_a_trial_goes_over_the_provider_too(
    shop: Any, now: datetime, queue: Any, rosa: Any, set_up: Any, provider_server: Any
) -> None:
    from regulars.reach.messaging.actions import content_of
    from regulars.reach.messaging.models import TemplateVersion
    from regulars.reach.messaging.trial import send_trial, trial_system

    set_up("postmark")
    queue(rosa)
    content = content_of(TemplateVersion.objects.get())
    values = {**trial_system(shop), "customer.first_name": "Rosa", "voucher.code": "X"}
    send_trial(shop, content, values, "me@example.com", "Me", now)
    (call,) = provider_server.calls
    assert call.json["Subject"] == "[Test] Hallo Rosa"
    assert Identity._base_manager.filter(key="me@example.com").count() == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_workers_beside_each_other_send_each_mail_once(
    shop: Any, now: datetime, make_customer: Any, queue: Any, set_up: Any, provider_server: Any
) -> None:
    import threading

    from django.db import connection

    from regulars.decide.contact_policy.actions import grant_due
    from regulars.reach.messaging.actions import schedule, send_due

    set_up("sendgrid")
    queue(*[make_customer(f"C{number}") for number in range(24)])
    grant_due(shop, now)
    schedule(shop, now)
    together = threading.Barrier(3)

    def work() -> None:
        together.wait()
        while send_due(shop, now, limit=4):
            pass
        connection.close()

    workers = [threading.Thread(target=work) for _number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    recipients = [call.json["personalizations"][0]["to"][0]["email"] for call in provider_server.calls]
    assert sorted(recipients) == sorted(f"c{number}@example.com" for number in range(24))
    assert {status for status, _reason in rows().values()} == {"done"}
