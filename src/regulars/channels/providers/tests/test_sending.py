"""Messages over a provider's interface: through the real gate and sender, to a real HTTP server."""

from base64 import b64decode
from datetime import datetime
from typing import Any

import pytest

from regulars.channels.providers.mail import NAMED, mailbox, number_in
from regulars.channels.providers.models import ProviderAccount
from regulars.decide.contact_policy.models import Contact
from regulars.know.customers.models import Customer, Identity
from regulars.know.timeline.models import Event
from regulars.reach.messaging.models import Message

from .conftest import KEY, rows, told

pytestmark = pytest.mark.django_db


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


def test_a_name_with_a_comma_or_umlauts_stays_one_mailbox() -> None:
    from anymail.utils import parse_address_list

    for name in ("Müller, Änne", 'Die "Rille" \\ Co', "a@b.example", "x <y@z.example>"):
        (parsed,) = parse_address_list([mailbox(name, "rosa@example.com")])
        assert (parsed.display_name, parsed.addr_spec) == (name, "rosa@example.com")


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
