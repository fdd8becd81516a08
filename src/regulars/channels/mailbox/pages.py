"""The mailbox among the settings: where it is, whether it can be read, what came in."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page, settings_tab
from regulars.reach.messaging.models import IncomingNews

from . import actions
from .forms import MailboxForm
from .models import Mailbox

settings_tab("settings-mailbox", title=gettext_lazy("Mailbox"), order=20)
LATELY = timedelta(days=30)
WORDS = {
    "bounced": gettext_lazy("Came back"),
    "late": gettext_lazy("Delayed"),
    "complained": gettext_lazy("Complaints"),
    "replied": gettext_lazy("Replies"),
    "delivered": gettext_lazy("Delivered"),
    "unsubscribed": gettext_lazy("Unsubscribed"),
}


@page("settings/mailbox/", name="settings-mailbox", permission="manage_settings")
def mailbox(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The form; its second button saves and tries to log in."""
    box = Mailbox.objects.filter(shop=shop).first() or Mailbox(shop=shop)
    form = MailboxForm(request.POST or None, box=box)
    if request.method == "POST" and form.is_valid():
        try:
            box = actions.set_up(shop, clock.now(), request.user, **form.values())  # type: ignore[arg-type]
            if "test" in request.POST:
                count = actions.test(box)
                found = ngettext(
                    "It works: there is %(n)s mail in the folder.",
                    "It works: there are %(n)s mails in the folder.",
                    count,
                )
                messages.success(request, found % {"n": count})
            else:
                messages.success(request, _("The settings are saved."))
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return redirect(request.path)
    context = {"form": form, "box": box, "counts": _counts(shop)}
    return render(request, "mailbox/mailbox.html", context, status=422 if form.errors else 200)


def _counts(shop: Shop) -> list[tuple[Any, int]]:
    """What came in lately, by kind. One query."""
    rows = IncomingNews.objects.filter(shop=shop, at__gte=clock.now() - LATELY).values_list("kind")
    found = dict(rows.annotate(n=Count("pk")))
    return [(words, found[kind]) for kind, words in WORDS.items() if kind in found]
