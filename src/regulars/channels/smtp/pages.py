"""The inbox of the sink: every mail the house sent, as its reader sees it. Only where mails go to the sink."""

from email import message_from_bytes, policy
from email.message import EmailMessage

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from regulars.core.mail_frame import mail_frame
from regulars.core.models import Shop
from regulars.core.pages import Nav, page

from .sink import Kept, Store, is_used

AT_ONCE = 50
SHOWN_HEADERS = (
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post",
    "Feedback-ID", "Auto-Submitted", "Content-Type",
)  # fmt: skip


TITLE = _("Demo inbox") if settings.REGULARS_DEMO else _("Test inbox")
"""A shop of one's own has the sink, too, until it names a mail server."""

if is_used():

    @page("inbox/", name="inbox", permission="view_customers", nav=Nav("measures", TITLE, "inbox", order=90))
    def inbox(request: HttpRequest, shop: Shop) -> HttpResponse:
        """The newest mails; `before` goes on to older ones, `q` searches recipient, name and subject."""
        search = request.GET.get("q", "").strip()[:100]
        before = request.GET.get("before", "")
        store = Store()
        try:
            mails = store.latest(limit=AT_ONCE + 1, before=int(before) if before.isdecimal() else None, search=search)
            total = store.count()
        finally:
            store.close()
        shown = mails[:AT_ONCE]
        older = shown[-1].id if len(mails) > AT_ONCE else None
        return render(
            request,
            "smtp/inbox.html",
            {"mails": shown, "total": total, "older": older, "search": search, "title": TITLE},
        )

    @page("inbox/<int:number>/", name="inbox_mail", permission="view_customers")
    def mail(request: HttpRequest, shop: Shop, number: int) -> HttpResponse:
        """One mail: HTML in a frame, text part, headers."""
        kept = _kept(number)
        message = _parsed(kept)
        text = message.get_body(("plain",))
        context = {
            "mail": kept,
            "crumbs": [(TITLE, reverse("shop:inbox", args=[shop.slug]))],
            "has_html": message.get_body(("html",)) is not None,
            "text": text.get_content() if text is not None else "",
            "headers": [(name, str(message[name])) for name in SHOWN_HEADERS if message[name] is not None],
        }
        return render(request, "smtp/mail.html", context)

    @page("inbox/<int:number>/html/", name="inbox_mail_html", permission="view_customers")
    def mail_html(request: HttpRequest, shop: Shop, number: int) -> HttpResponse:
        """The HTML part alone, for the frame, under a policy of its own."""
        part = _parsed(_kept(number)).get_body(("html",))
        if part is None:
            raise Http404
        return mail_frame(str(part.get_content()))


def _kept(number: int) -> Kept:
    store = Store()
    try:
        kept = store.get(number)
    finally:
        store.close()
    if kept is None:
        raise Http404
    return kept


def _parsed(kept: Kept) -> EmailMessage:
    return message_from_bytes(kept.raw, policy=policy.default)
