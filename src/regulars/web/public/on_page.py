"""The box on the shop's page: answered by a small WSGI callable in front of Django's middleware.

`POST /w/SHOP/box` with `{"customer": TOKEN, "did": "open" | "seen" | "away" | "stop", "message": NUMBER}`.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

import msgspec
from django.db import close_old_connections

from regulars.channels.on_page import actions
from regulars.core.clock import now
from regulars.core.scoping import scope

from . import from_shop

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_DID = {"seen": actions.seen, "away": actions.put_away, "stop": actions.no_more}


def hot_boxes(application: Application) -> Application:
    """`application` with the box answered before it."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        parts = environ.get("PATH_INFO", "").split("/")
        if len(parts) != 4 or parts[1] != "w" or parts[3] != "box":
            return application(environ, start_response)
        close_old_connections()
        try:
            return box(parts[2], environ, start_response)
        finally:
            close_old_connections()

    return answer


def box(slug: str, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """What stands in the box, or notes what the customer did with it."""

    def say(status: str, said: dict[str, Any], more: list[tuple[str, str]]) -> Iterable[bytes]:
        body = msgspec.json.encode(said)
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *more])
        return [body]

    origin = environ.get("HTTP_ORIGIN", "")
    storefront = from_shop.storefront_at(slug)
    if storefront is None or not from_shop.is_ours(storefront, origin):
        return say("403 Forbidden", {"error": "this address is none of the shop's pages"}, [("Vary", "Origin")])
    more = from_shop.headers(origin)
    if environ["REQUEST_METHOD"] != "POST":
        return say("405 Method Not Allowed", {"error": "POST only"}, [*more, ("Allow", "POST")])
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > from_shop.LONGEST:
        return say("413 Content Too Large", {"error": "too long"}, more)
    said = from_shop.read(environ["wsgi.input"].read(int(length)))
    if said is None:
        return say("400 Bad Request", {"error": "not a JSON object"}, more)
    moment = now()
    who = from_shop.asking(storefront, said.get("customer", ""), moment)
    if who is None:
        return say("401 Unauthorized", {"error": "the customer's token does not hold: make a new one"}, more)
    did, number = said.get("did"), said.get("message")
    with scope(shop=who.shop):
        if did == "open":
            found = actions.box_for(who.shop, who.customer_id, moment)
            return say("200 OK", {"box": found and asdict(found)}, more)
        if did in _DID and isinstance(number, int):
            return say("200 OK", {"done": _DID[did](who.shop, who.customer_id, number, moment)}, more)
    return say("422 Unprocessable Content", {"error": "did: open, or seen, away or stop with a message"}, more)
