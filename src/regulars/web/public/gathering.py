"""A customer's page of a gathering: GET shows it and changes nothing, POST answers; its date as a file for calendars.

The link in the customer's own message is the key. It needs no cookie and no script.
"""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import get_language, override
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from regulars.core.clock import now
from regulars.core.errors import Refused
from regulars.core.scoping import scope
from regulars.reach.messaging import barcodes
from regulars.reach.signups.actions.signing import text_of
from regulars.reach.signups.models import SignupForm
from regulars.reward.gatherings import actions, tokens
from regulars.reward.gatherings.calendar import to_ics
from regulars.reward.gatherings.models import Attendance

Status = Attendance.Status


@csrf_exempt  # the token alone says who answers: it stands in that person's message only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def gathering(request: HttpRequest, token: str) -> HttpResponse:
    """What it is, when and where, the customer's answer, the ticket of who has a place."""
    moment = now()
    row = tokens.read(token, moment)
    if row is None:
        return render(request, "public/gathering.html", {"state": "gone"}, status=404)
    request.shop = row.shop  # type: ignore[attr-defined]
    refused, status = "", 200
    with scope(shop=row.shop), override(_language(request, row)):
        if request.method == "POST" and "seen" in request.POST:
            actions.show_name(row.pk, is_seen=request.POST["seen"] == "1")
            return redirect(request.path)
        if request.method == "POST":
            guests = request.POST.get("guests", "0")
            said = actions.Answer(
                row.customer_id,
                request.POST.get("says", ""),
                int(guests) if guests.isdecimal() and len(guests) < 4 else 0,
                source="link",
            )
            try:
                actions.answer(row.shop, row.gathering_id, [said], moment)
            except Refused as error:
                refused, status = str(error), 409
            else:
                return redirect(request.path)
        with timezone.override(_zone(row)):
            return render(request, "public/gathering.html", _shown(row, token, refused), status=status)


@never_cache
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The gathering as a file for calendars."""
    moment = now()
    row = tokens.read(token, moment)
    if row is None:
        raise Http404
    url = f"{settings.REGULARS_BASE_URL}{reverse('gathering', args=[token])}"
    file = to_ics(row, _language(request, row), moment, url=url, with_address=row.status == Status.YES)
    response = HttpResponse(file, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="gathering-{row.gathering_id}.ics"'
    response["X-Robots-Tag"] = "noindex"
    return response


def _language(request: HttpRequest, row: Attendance) -> str:
    """What was chosen on a page before, else the customer's language."""
    if settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
        return str(get_language() or row.shop.locale)
    return row.customer.locale or row.shop.locale


def _zone(row: Attendance) -> ZoneInfo:
    """Online the customer's clock counts, in a room the one on its wall."""
    is_online = not row.gathering.place
    return ZoneInfo((is_online and row.customer.timezone) or row.shop.timezone)


def _shown(row: Attendance, token: str, refused: str) -> dict[str, Any]:
    what, moment = row.gathering, now()
    language = str(get_language() or row.shop.locale)
    zone = _zone(row)
    begins, ends = what.starts_at.astimezone(zone), what.ends_at.astimezone(zone)
    state = "over" if moment >= what.ends_at else what.status
    if state == "draft":
        state = "closed"
    has_place = row.status == Status.YES and state != "cancelled"
    return {
        "state": state,
        "shop": row.shop,
        "token": token,
        "gathering": what,
        "title": what.title_in(language),
        "text": what.text_in(language),
        "answer": row.status,
        "guests": row.guests,
        "guest_choices": range(what.guests_each + 1) if what.guests_each else (),
        "refused": refused,
        "may_answer": what.takes_answers(moment),
        "may_leave": what.gives_places(moment) and row.status in (Status.YES, Status.WAITING),
        "has_place": has_place,
        "friends_url": (
            settings.REGULARS_BASE_URL + reverse("gathering-friend", args=[tokens.make_friends(row.pk, what.starts_at)])
            if has_place and what.takes_friends and what.takes_answers(moment)
            else ""
        ),
        "is_seen": row.is_seen,
        "others": actions.seen_by(row),
        "words": what.words_after(language, was_there=row.checked_in_at is not None) if state == "over" else "",
        "photos": what.photos.select_related("media") if row.status == Status.YES and moment >= what.starts_at else (),
        "begins": begins,
        "ends": ends,
        "same_day": begins.date() == ends.date(),
        "zone": zone.key if zone.key != row.shop.timezone or not what.place else "",
        "ticket": row.ticket if has_place and what.place and state != "over" else "",
        "ticket_picture": (
            reverse("barcode", args=["qr", barcodes.token(str(row.ticket), "qr")]) if has_place and row.ticket else ""
        ),
    }


@csrf_exempt  # no login stands behind it: a forged request could do no more than anybody with the link may
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def friend(request: HttpRequest, token: str) -> HttpResponse:
    """The page of a link that a guest passed on; after POST the same friendly page, whoever the address belongs to."""
    moment = now()
    guest = tokens.read_friends(token, moment)
    what = guest.gathering if guest else None
    if guest is None or what is None or not what.takes_friends or not what.takes_answers(moment):
        return render(request, "public/gathering_friend.html", {"state": "gone"}, status=404)
    request.shop = guest.shop  # type: ignore[attr-defined]
    language = str(get_language() or guest.shop.locale)
    form = SignupForm._base_manager.filter(shop=guest.shop, is_active=True).order_by("pk").first()
    zone = ZoneInfo(guest.shop.timezone)
    context: dict[str, Any] = {
        "state": "ask", "shop": guest.shop, "gathering": what, "guest": guest.customer.first_name,
        "title": what.title_in(language), "text": what.text_in(language), "begins": what.starts_at.astimezone(zone),
        "news": text_of(form, language[:2], guest.shop.locale) if form else None,
    }  # fmt: skip
    status = 200
    if request.method == "POST":
        said = request.POST
        context |= {"email": said.get("email", "")[:254], "first_name": said.get("first_name", "")[:80]}
        asked = actions.Friend(context["email"], context["first_name"], language[:2], bool(form and said.get("news")))
        try:
            if not said.get("website"):  # a field that people do not see: whoever fills it in is a machine
                with scope(shop=guest.shop):
                    actions.ask_friend(guest.shop, guest, asked, moment)
            context["state"] = "sent"
        except Refused as refused:
            context["error"], status = str(refused), 422
    with timezone.override(zone):
        return render(request, "public/gathering_friend.html", context, status=status)


urlpatterns = [
    path("gf/<str:token>", friend, name="gathering-friend"),
    path("g/<str:token>", gathering, name="gathering"),
    path("g/<str:token>/calendar.ics", calendar, name="gathering-calendar"),
]
