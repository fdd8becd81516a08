"""Events in: what the small callable in front of Django reads of a call."""

import io
import json
from datetime import datetime
from typing import Any

import pytest

from regulars.core.actions import create_api_key
from regulars.core.models import Shop
from regulars.know.intake.models import InboundCall
from regulars.know.intake.rows import MAX_BYTES
from regulars.web.api.intake import hot_events

BODY = json.dumps([{"type": "page.viewed", "customer": {"number": "C-1"}}]).encode()


def called(token: str, body: bytes, **more: Any) -> tuple[str, dict[str, Any]]:
    said: list[str] = []
    environ = {
        "PATH_INFO": "/api/v1/events", "REQUEST_METHOD": "POST", "HTTP_AUTHORIZATION": f"Bearer {token}",
        "CONTENT_TYPE": "application/json", "wsgi.input": io.BytesIO(body), **more,
    }  # fmt: skip
    answer = hot_events(lambda *_given: pytest.fail("this is for Django"))(
        environ, lambda status, _heads: said.append(status)
    )
    return said[0], json.loads(b"".join(answer))


@pytest.mark.django_db(transaction=True)
def test_a_body_may_come_with_its_length_or_in_chunks(shop: Shop, now: datetime) -> None:
    token = create_api_key(shop, "shop", ["events:write"], now=now)[1]
    for more in ({"CONTENT_LENGTH": str(len(BODY))}, {"wsgi.input_terminated": True}):
        status, answer = called(token, BODY, **more)
        assert (status, answer["accepted"]) == ("202 Accepted", 1)
    assert InboundCall._base_manager.count() == 2

    status, _answer = called(token, b" " * (MAX_BYTES + 1), **{"wsgi.input_terminated": True})
    assert status.startswith("413")
    status, _answer = called(token, BODY)  # neither: nothing says where it ends, so nothing is read
    assert status.startswith("400")
    assert InboundCall._base_manager.count() == 2
