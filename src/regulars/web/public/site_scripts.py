"""The scripts that the shop's pages include, at addresses that stay: `/w/page.js`, `/w/push.js`, and the worker of push."""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import path
from django.views.decorators.http import require_safe

FOLDER = Path(__file__).parent / "scripts"
NAMES = tuple(sorted(one.name for one in FOLDER.glob("*.js")))


@lru_cache(maxsize=8)
def _source(name: str) -> tuple[bytes, str]:
    source = (FOLDER / name).read_bytes()
    return source, f'"{sha256(source).hexdigest()[:20]}"'


@require_safe
def script(request: HttpRequest, name: str) -> HttpResponse:
    """One script. Any page may include it, also one that isolates itself (COEP); after an hour it is asked for anew."""
    source, tag = _source(name)
    is_known = request.headers.get("If-None-Match", "").removeprefix("W/") == tag
    response = (
        HttpResponseNotModified() if is_known else HttpResponse(source, content_type="text/javascript; charset=utf-8")
    )
    response["ETag"] = tag
    response["Cache-Control"] = "public, max-age=3600"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Access-Control-Allow-Origin"] = "*"
    return response


urlpatterns = [path(f"w/{name}", script, {"name": name}, name=f"script-{name.removesuffix('.js')}") for name in NAMES]
