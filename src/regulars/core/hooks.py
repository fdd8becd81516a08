"""What other programs call from outside: addresses under `/hooks/`, declared by the module that understands the call.

Such an address may hold a secret, so that nothing logs it: neither a refusal nor an error.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

log = structlog.get_logger(__name__)

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Hook:
    """An address: `path` below `/hooks/` in Django's route syntax; `reverse("hook-NAME", …)`."""

    path: str
    name: str
    view: View


HOOKS: dict[str, Hook] = {}


def hook(path: str, *, name: str) -> Callable[[View], View]:
    """Declares an address that other programs call. The view checks who calls: there is no login and no cookie."""

    def declare(view: View) -> View:
        HOOKS[name] = Hook(path, name, _quiet(name, view))
        return view

    return declare


def _quiet(name: str, view: View) -> View:
    @csrf_exempt
    @never_cache
    @wraps(view)
    def answer(request: HttpRequest, **words: Any) -> HttpResponse:
        try:
            response = view(request, **words)
        except Http404:
            response = HttpResponse(status=404)
        except RequestDataTooBig:
            response = HttpResponse(status=413)
        except SuspiciousOperation:
            response = HttpResponse(status=400)
        except Exception:
            log.exception("hook.failed", hook=name)
            response = HttpResponse(status=500)
        # Django logs the address of whatever is answered with 400 and above, unless this says that it is done.
        response._has_been_logged = True  # type: ignore[attr-defined]
        return response

    return answer
