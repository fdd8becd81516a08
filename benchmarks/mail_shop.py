# ruff: noqa: E501 - markup and rows
"""The shop that the mail benchmark sends for, in processes of their own: `python -m benchmarks.mail_shop TASK PORT COUNT`.

Each prints one JSON line. `ours`: COUNT queued messages from row to recorded delivery. `django`: the same mail by Django's own means.
"""

import json
import os
import sys
import tempfile
import time
from datetime import time as clock
from datetime import timedelta
from pathlib import Path
from typing import Any

PARAGRAPH = "Neue Platten im Regal, darunter seltene Pressungen und Wiederauflagen, die du lange gesucht hast. "
LINKS = 8


def mjml() -> str:
    """A body that makes a mail of about 19 kB."""
    blocks = "".join(
        f'<mj-section><mj-column><mj-text>{PARAGRAPH}<a href="https://shop.example/p/{number}">Platte {number}</a></mj-text></mj-column></mj-section>'
        for number in range(LINKS)
    )
    return (
        '<mj-section><mj-column><mj-text mj-class="headline">Hallo {{ customer.first_name | default("du") }}</mj-text>'
        "<mj-text>Deine Nummer ist {{ customer.number }}.</mj-text></mj-column></mj-section>"
        f'{blocks}<mj-include path="voucher" />'
    )


def set_up(port: int) -> Any:
    """A fresh database in a folder of its own, as a shop has it, with the server's port."""
    folder = Path(tempfile.mkdtemp(prefix="mail-", dir=os.environ["REGULARS_BENCH_HOME"]))
    os.environ |= {
        "REGULARS_HOME": str(folder),
        "REGULARS_DATABASE": f"sqlite:///{folder}/mail.sqlite3",
        "REGULARS_SMTP_URL": f"smtp://127.0.0.1:{port}?connections=4",
        "DJANGO_SETTINGS_MODULE": "regulars.config.settings",
    }
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return folder


def queued(count: int, now: Any) -> Any:
    """A shop with `count` messages that the gate has granted."""
    from regulars.core.models import Shop
    from regulars.core.variables import VARIABLES, Variables
    from regulars.decide.contact_policy.actions import grant_due
    from regulars.decide.contact_policy.models import Consent
    from regulars.know.customers.models import Customer, Identity
    from regulars.reach.messaging import actions

    shop = Shop.objects.create(
        slug="s", name="Plattenkiste", sender_email="post@shop.example", legal_footer="Weg 1\nBerlin",
        quiet_from=clock(3), quiet_until=clock(3, 1),
    )  # fmt: skip
    fields = dict.fromkeys(("code", "value", "valid_until"), "")
    VARIABLES.setdefault("voucher", Variables("voucher", fields, lambda shop, ids, now: {}, {}))
    version = actions.save_template(shop, "t", "T", "de", "Hallo {{ customer.first_name }}", "Neues", mjml(), now)
    assert version.version == 1
    since = now - timedelta(days=400)
    for start in range(0, count, 2000):
        numbers = range(start, min(start + 2000, count))
        people = Customer._base_manager.bulk_create(
            Customer(
                shop=shop, number=str(n), first_name=f"Rosa{n}", last_name="Rot", created_at=since, updated_at=since
            )
            for n in numbers
        )
        Identity._base_manager.bulk_create(
            Identity(shop=shop, customer=one, kind="email", value=f"c{one.number}@example.com",
                     key=f"c{one.number}@example.com", created_at=since) for one in people
        )  # fmt: skip
        Consent._base_manager.bulk_create(
            Consent(shop=shop, customer=one, channel="email", purpose=purpose, state="granted", given_at=since,
                    confirmed_at=since, wording="w", evidence={"e": 1}) for one in people for purpose in ("marketing", "tracking")
        )  # fmt: skip
        actions.queue(
            shop,
            [
                actions.MessageDraft(
                    customer_id=one.pk, template_key="t", measure_id=None, purpose="marketing", rank=1, earliest=now,
                    latest=now + timedelta(days=3), key=one.number,
                    values={"voucher.code": f"AB-{one.number}", "voucher.value": "10 €", "voucher.valid_until": "30. 6."},
                )
                for one in people
            ],
            now,
        )  # fmt: skip
    while grant_due(shop, now):
        pass
    return shop


def ours(port: int, count: int) -> dict[str, float]:
    """Messages a second from granted row to recorded delivery."""
    set_up(port)
    from datetime import UTC, datetime

    from regulars.core.worker import settle_in
    from regulars.reach.messaging.actions import schedule, send_due
    from regulars.reach.messaging.models import Delivery, Message

    now = datetime(2026, 6, 10, 10, tzinfo=UTC)
    shop = queued(count, now)
    settle_in()  # as the worker does
    began = time.perf_counter()
    while schedule(shop, now):
        pass
    while send_due(shop, now):
        pass
    taken = time.perf_counter() - began
    done = Message._base_manager.filter(status="done").count()
    assert done == count == Delivery.objects.filter(kind="accepted").count(), (done, count)
    return {"per_second": count / taken, "count": count}


def by_django(port: int, count: int) -> dict[str, float]:
    """The same mail by a loop over EmailMultiAlternatives with one connection, templates compiled once, no database."""
    set_up(port)
    from django.core.mail import EmailMultiAlternatives, get_connection
    from django.template import Context, Template

    from regulars.reach.messaging.rendering import Source, compile_source, preview

    content = compile_source(Source("t", "de", "x", mjml()), None, "http://127.0.0.1:8000")
    gaps = dict.fromkeys(content.names, "") | {"shop.name": "Plattenkiste", "shop.address": "Weg 1", "open.url": ""}
    gaps |= {"customer.first_name": "GAPNAME", "customer.number": "GAPNUMBER", "voucher.code": "GAPCODE", "unsubscribe.url": "http://127.0.0.1:8000/u/GAPNUMBER", "preferences.url": "http://127.0.0.1:8000/p/GAPNUMBER"}  # fmt: skip
    shown = preview(content, gaps)
    html, text = (
        Template(
            part.replace("GAPNAME", "{{ name }}").replace("GAPNUMBER", "{{ number }}").replace("GAPCODE", "{{ code }}")
        )
        for part in (shown.html, shown.text)
    )
    backend = get_connection("django.core.mail.backends.smtp.EmailBackend", host="127.0.0.1", port=port)
    backend.open()
    size = 0
    began = time.perf_counter()
    for number in range(count):
        values = Context({"name": f"Rosa{number}", "number": number, "code": f"AB-{number}"})
        mail = EmailMultiAlternatives(
            f"Hallo Rosa{number}", text.render(values), "Plattenkiste <post@shop.example>", [f"c{number}@example.com"],
            headers={"List-Unsubscribe": f"<http://127.0.0.1:8000/u/{number}>"}, connection=backend,
        )  # fmt: skip
        mail.attach_alternative(html.render(values), "text/html")
        mail.send()
    taken = time.perf_counter() - began
    size = len(mail.message().as_bytes())
    backend.close()
    return {"per_second": count / taken, "size": size}


if __name__ == "__main__":
    task, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    print(json.dumps({"ours": ours, "django": by_django}[task](port, count)))
