"""The worst moment: the server has said 250, and the worker dies before it has written that down."""

import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from regulars.decide.contact_policy.actions import grant_due
from regulars.decide.contact_policy.models import Contact
from regulars.know.timeline.models import Event
from regulars.reach.messaging.actions import give_up_lost, schedule, send_due
from regulars.reach.messaging.models import Message

DIES = """
import os, signal, sys
import django
django.setup()
from datetime import datetime
from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.reach.messaging.actions import sending

sending.record_outcomes = lambda *_arguments: os.kill(os.getpid(), signal.SIGKILL)
shop = Shop.objects.get()
with scope(shop=shop):
    sending.send_due(shop, datetime.fromisoformat(sys.argv[1]))
"""


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_advertising_reached_its_reader_once_and_service_at_least_once_under_one_id(
    shop: Any,
    now: datetime,
    rosa: Any,
    nico: Any,
    queue: Any,
    mail_server: Any,
    database_url: str,
    home: Path,
    settings: Any,
) -> None:
    queue(rosa)
    queue(nico, purpose="service")
    grant_due(shop, now)
    schedule(shop, now)
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "regulars.config.settings", "REGULARS_HOME": str(home),
        "REGULARS_DATABASE": database_url, "REGULARS_SMTP_URL": settings.REGULARS_SMTP_URL,
        "REGULARS_SECRET_KEY": settings.SECRET_KEY, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", DIES, now.isoformat()], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert mail_server.count() == 2
    assert set(Message._base_manager.values_list("status", flat=True)) == {"claimed"}
    for minute in range(1, 120, 5):
        moment = now + timedelta(minutes=minute)
        give_up_lost(shop, moment)
        send_due(shop, moment)
    states = dict(Message._base_manager.values_list("key", "status"))
    assert states == {"marketing:rosa": "uncertain", "service:nico": "done"}
    got = sorted((mail.recipient, mail.message_id) for mail in mail_server.since(0))
    ids = dict(Message._base_manager.values_list("address", "message_id"))
    assert got == [
        ("nico@example.com", ids["nico@example.com"]),
        ("nico@example.com", ids["nico@example.com"]),
        ("rosa@example.com", ids["rosa@example.com"]),
    ]
    assert Contact._base_manager.filter(customer=rosa).count() == 1
    assert Event._base_manager.filter(type="message.sent").count() == 1
