"""A measure, a template, and a real SMTP server that keeps what it gets."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

MJML = """<mj-section><mj-column><mj-text>Hallo {{ customer.first_name | default("du") }}, hier ist {{ voucher.code }}.
<a href="https://plattenkiste.example/neu?code={{ voucher.code }}">Neu im Laden</a></mj-text></mj-column></mj-section>"""


@pytest.fixture
def mail_server(tmp_path: Path, settings: Any) -> Iterator[Any]:
    """The sink of `channels.smtp`, running; REGULARS_SMTP_URL points to it. Gives its Store."""
    from regulars.channels.smtp.sink import Sink, Store

    store = Store(tmp_path / "sink.sqlite3")
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(Sink(store).start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    settings.REGULARS_SMTP_URL = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    settings.REGULARS_BASE_URL = "https://mail.plattenkiste.example"
    yield store
    from regulars.channels.smtp.channel import EMAIL

    EMAIL.close()
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    server.close()
    store.close()


@pytest.fixture
def measure(shop: Any, now: Any) -> Any:
    from regulars.core.scoping import scope
    from regulars.decide.goals.models import Goal, Measure

    with scope(shop=shop):
        goal, _made = Goal.objects.get_or_create(
            shop=shop, kind="win_back", defaults={"rank": 1, "kpi": "win_back_rate"}
        )
        return Measure.objects.create(
            shop=shop, key="win-back", name="Win back", goal=goal, kpi="win_back_rate", status="running",
            holdout_share="0", salt="s", created_at=now, started_at=now,
        )  # fmt: skip


@pytest.fixture
def queue(shop: Any, measure: Any, now: Any) -> Callable[..., dict[str, int]]:
    """`queue(rosa, nico, purpose="marketing")`: one message each, with a voucher's code."""
    from datetime import timedelta

    from regulars.reach.messaging import actions

    def write(*customers: Any, purpose: str = "marketing") -> dict[str, int]:
        actions.save_template(shop, "win-back", "Wiedersehen", "de", "Hallo {{ customer.first_name }}", "", MJML, now)
        drafts = [
            actions.MessageDraft(
                customer_id=one.pk,
                template_key="win-back",
                measure_id=measure.pk,
                purpose=purpose,
                rank=1,
                earliest=now,
                latest=now + timedelta(days=3),
                key=f"{purpose}:{one.number}",
                values={"voucher.code": f"CODE-{one.number}"},
            )
            for one in customers
        ]
        return actions.queue(shop, drafts, now)

    return write


@pytest.fixture(autouse=True)
def voucher_variables() -> Iterator[None]:
    """The group `voucher`, which an upper module declares."""
    from regulars.core.variables import VARIABLES, Variables

    before = VARIABLES.get("voucher")
    fields = {"code": "code", "value": "value", "valid_until": "until", "minimum": "minimum"}
    VARIABLES["voucher"] = Variables("voucher", fields, lambda shop, ids, now: {}, {})
    yield
    VARIABLES.pop("voucher")
    if before:
        VARIABLES["voucher"] = before
