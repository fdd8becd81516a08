"""An entry or its announcement moved to another day: what dragging and the arrow keys send. Answers as JSON."""

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.core.pages import page
from regulars.journeys.calendar import actions
from regulars.journeys.calendar.models import CalendarEntry


@page("calendar/<int:pk>/move/", name="calendar_move", permission="manage_measures")
@require_POST
def move(request: HttpRequest, shop: Shop, pk: int) -> JsonResponse:
    """`what` (entry or announcement) by so many `days`; `seen`: the sequence that was shown; `original`: which repetition.

    200 `{entry, seen, said}`, with what undoing has to send; 409 `{said, code}` if somebody else changed it since; 422 else.
    """
    entry: CalendarEntry = get_object_or_404(CalendarEntry.objects, pk=pk)
    assert isinstance(request.user, Staff)
    try:
        days, seen = int(request.POST.get("days", "")), int(request.POST.get("seen", ""))
    except ValueError:
        return JsonResponse({"said": _("Choose another day."), "code": "no_day"}, status=422)
    try:
        if request.POST.get("what") == "announcement":
            moved = actions.move_announcement(entry, days, clock.now(), request.user, seen=seen)
        else:
            original = request.POST.get("original", "")[:16]
            moved = actions.move_by(entry, days, clock.now(), request.user, seen=seen, original=original)
    except Refused as refused:
        status = 409 if refused.code == "changed_meanwhile" else 422
        return JsonResponse({"said": str(refused), "code": refused.code}, status=status)
    said = _("“%(title)s” is moved.") % {"title": moved.title}
    return JsonResponse({"entry": moved.pk, "seen": moved.sequence, "said": said})
