"""The page of one message: what it said to its reader, and what became of it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from regulars.core.mail_frame import mail_frame
from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.know.customers import words
from regulars.reach.messaging.as_sent import as_sent
from regulars.reach.messaging.models import Message
from regulars.reach.messaging.panels import TONES
from regulars.reach.messaging.rendering import Preview, RenderRefused


@page("customers/<int:pk>/messages/<int:number>/", name="message", permission="view_customers")
def message(request: HttpRequest, shop: Shop, pk: int, number: int) -> HttpResponse:
    """One message to one customer: its state, the mail in a frame, its text part."""
    found = _found(pk, number)
    seen = _seen(found)
    context = {
        "message": found,
        "seen": seen,
        "title": seen.subject if seen else found.version.template.name,
        "spoken": words.language(found.version.locale),
        "tone": TONES.get(Message.Status(found.status), "info"),
        "crumbs": [
            (_("Customers"), reverse("shop:customers", args=[shop.slug])),
            (found.customer.name, reverse("shop:customer", args=[shop.slug, pk])),
        ],
    }
    return render(request, "messaging/message.html", context)


@page("customers/<int:pk>/messages/<int:number>/html/", name="message-html", permission="view_customers")
def html(request: HttpRequest, shop: Shop, pk: int, number: int) -> HttpResponse:
    """The mail alone, for the frame."""
    seen = _seen(_found(pk, number))
    if seen is None:
        raise Http404
    return mail_frame(seen.html)


def _found(pk: int, number: int) -> Message:
    """The message of this customer; none of an erased one, whose messages say nothing any more."""
    rows = Message.objects.select_related("shop", "customer", "measure", "version__template")
    found: Message = get_object_or_404(rows, pk=number, customer_id=pk, customer__erased_at=None)
    return found


def _seen(found: Message) -> Preview | None:
    try:
        return as_sent(found)
    except RenderRefused:
        return None
