"""The page of tasks: what is due, what comes later, what was done."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import Nav, page
from regulars.core.roles import role_of

from . import actions
from .models import Task

PAGE = 50
PUT_OFF = {"1": gettext_lazy("to tomorrow"), "7": gettext_lazy("by a week"), "30": gettext_lazy("by 30 days")}


@page(
    "tasks/",
    name="tasks",
    permission="do_tasks",
    nav=Nav("customers", gettext_lazy("Tasks"), "clipboard-list", order=40),
)
def tasks(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Tasks of one's own role and those of everybody: due by the end of today, later, done."""
    now = clock.now()
    tomorrow = clock.day_start(clock.local_date(now, shop.timezone) + timedelta(days=1), shop.timezone)
    rows = Task.objects.select_related("customer", "measure", "done_by")
    role = role_of(request.user, shop)  # type: ignore[arg-type]
    if role not in (None, "owner") and request.GET.get("everybody") != "1":
        rows = rows.filter(Q(role="") | Q(role=role))
    views = {
        "due": (_("Due"), rows.filter(status=Task.Status.OPEN, due_at__lt=tomorrow).order_by("due_at", "pk")),
        "later": (_("Later"), rows.filter(status=Task.Status.OPEN, due_at__gte=tomorrow).order_by("due_at", "pk")),
        "done": (_("Done"), rows.exclude(status=Task.Status.OPEN).order_by("-done_at", "-pk")),
    }
    current = request.GET.get("show", "due")
    current = current if current in views else "due"
    tabs: list[dict[str, Any]] = [
        {
            "title": title,
            "href": f"?show={key}",
            "current": key == current,
            "count": None if key == "done" else found.count(),
        }
        for key, (title, found) in views.items()
    ]
    pager = Paginator(views[current][1], PAGE).get_page(request.GET.get("page"))
    context = {
        "tabs": tabs,
        "page": pager,
        "current": current,
        "now": now,
        "outcomes": Task.Outcome.choices,
        "put_off": PUT_OFF.items(),
    }
    return render(request, "tasks/tasks.html", context)


@page("tasks/<int:pk>/done/", name="task-done", permission="do_tasks")
@require_POST
def done(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Marks a task as done."""
    task: Task = get_object_or_404(Task.objects, pk=pk)
    try:
        actions.finish(
            task,
            request.POST.get("outcome", ""),
            clock.now(),
            request.user,  # type: ignore[arg-type]
            request.POST.get("remark", ""),
        )
        messages.success(request, _("“%(title)s” is done.") % {"title": task.title})
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect(reverse("shop:tasks", args=[shop.slug]))


@page("tasks/<int:pk>/later/", name="task-later", permission="do_tasks")
@require_POST
def later(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Puts a task off by some days, to the same time of day."""
    task: Task = get_object_or_404(Task.objects, pk=pk)
    days = request.POST.get("days", "")
    now = clock.now()
    if days in PUT_OFF:
        actions.put_off(task, now + timedelta(days=int(days)), now, request.user)  # type: ignore[arg-type]
        messages.success(request, _("“%(title)s” is put off.") % {"title": task.title})
    return redirect(reverse("shop:tasks", args=[shop.slug]))
