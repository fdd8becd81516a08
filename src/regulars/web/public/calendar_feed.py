"""The calendar of a member of staff, for calendar programs: the address alone is the key, as they can send nothing else."""

import hashlib

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.http import quote_etag
from django.views.decorators.http import condition, require_safe

from regulars.core.clock import now
from regulars.journeys.calendar import actions
from regulars.journeys.calendar.feed import calendar_for, feed_of


def _body(request: HttpRequest, token: str) -> bytes:
    """The file, made once a request. Raises Http404 where the address is not, or no longer, one of ours."""
    if (kept := getattr(request, "calendar_file", None)) is not None:
        return bytes(kept)
    moment = now()
    feed = feed_of(token, moment)
    if feed is None:
        raise Http404
    file = calendar_for(feed.shop, feed.staff, moment)
    actions.note_reading(feed, moment)
    request.calendar_file = file  # type: ignore[attr-defined]
    return file


def _etag(request: HttpRequest, token: str) -> str:
    return quote_etag(hashlib.sha256(_body(request, token)).hexdigest()[:32])


@require_safe
@condition(etag_func=_etag)
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The file; 304 where the program has it already."""
    response = HttpResponse(_body(request, token), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="regulars.ics"'
    response["Cache-Control"] = "private, max-age=0, must-revalidate"
    response["X-Robots-Tag"] = "noindex"
    return response


urlpatterns = [path("calendar/<str:token>.ics", calendar_feed, name="calendar-feed")]
