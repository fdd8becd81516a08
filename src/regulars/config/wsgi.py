"""The WSGI application: hot paths in front, Django behind."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "regulars.config.settings")
_django = get_wsgi_application()

from regulars.web.api.intake import hot_events  # noqa: E402 - its tables exist only after Django's set-up
from regulars.web.public.mail_links import hot_paths  # noqa: E402
from regulars.web.public.on_page import hot_boxes  # noqa: E402

_Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def _without_body_for_head(application: _Application) -> _Application:
    """Neither Django nor waitress leaves out the body of an answer to HEAD: on a kept connection it would be taken for
    the start of the next answer.
    """

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = application(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return body
        close = getattr(body, "close", None)
        if close is not None:
            close()
        return []

    return answer


application = _without_body_for_head(hot_events(hot_paths(hot_boxes(_django))))
