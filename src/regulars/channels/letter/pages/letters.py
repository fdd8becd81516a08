"""Letters to print: how many wait, batches, what became of them, what came back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from regulars.channels.letter import actions
from regulars.channels.letter.actions.batches import CHANNEL, MOST
from regulars.channels.letter.models import LetterBatch, PrintedLetter
from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import Nav, page
from regulars.core.turning import turned
from regulars.know.customers.actions import note_returned
from regulars.reach.messaging.actions import waiting_by_hand

SHOWN = 20
COUNTED = 10_000
"""More waiting letters than these are not counted."""


@page(
    "letters/",
    name="letters",
    permission="print_letters",
    nav=Nav("customers", gettext_lazy("Letters"), "file-text", 61),
)
def letters(request: HttpRequest, shop: Shop) -> HttpResponse:
    """How many letters wait, and the batches, the newest first."""
    found = turned(LetterBatch.objects.select_related("taken_by"), ("-pk",), request.GET, SHOWN)
    waiting = waiting_by_hand(shop, CHANNEL, clock.now())[:COUNTED].count()
    context = {
        "rows": found.rows, "before": found.before, "after": found.after, "waiting": waiting, "next": min(waiting, MOST),
        "most": MOST,
    }  # fmt: skip
    return render(request, "letter/letters.html", context)


@page("letters/take/", name="letters-take", permission="print_letters")
@require_POST
def take(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Takes the next letters as a batch."""
    try:
        batch = actions.take_batch(shop, clock.now(), request.user)  # type: ignore[arg-type]
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("shop:letters", shop.slug)
    return redirect("shop:letter-batch", shop.slug, batch.pk)


@page("letters/<int:pk>/", name="letter-batch", permission="print_letters")
def batch(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """One batch: its letters; POST tells which of them were printed, or that none was."""
    found: LetterBatch = get_object_or_404(LetterBatch.objects.select_related("shop", "taken_by"), pk=pk)
    rows = (
        PrintedLetter.objects.filter(batch=found).select_related("message__customer", "message__measure").order_by("pk")
    )
    if request.method == "POST":
        chosen = {int(one) for one in request.POST.getlist("printed") if one.isdecimal() and len(one) < 18}
        try:
            told = actions.settle_batch(
                found, set() if "none" in request.POST else chosen, clock.now(), request.user  # type: ignore[arg-type]
            )  # fmt: skip
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(
                request,
                ngettext("%(count)s letter is printed.", "%(count)s letters are printed.", told.printed)
                % {"count": told.printed},
            )
        return redirect("shop:letter-batch", shop.slug, pk)
    return render(request, "letter/batch.html", {"batch": found, "rows": rows})


@page("letters/<int:pk>/print/", name="letter-print", permission="print_letters")
def printed(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """The PDF of an open batch."""
    found: LetterBatch = get_object_or_404(LetterBatch.objects.select_related("shop"), pk=pk)
    now = clock.now()
    try:
        body = actions.pdf_of(found, now)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("shop:letter-batch", shop.slug, pk)
    name = f"{shop.slug}-{_('letters')}-{pk}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(body, content_type="application/pdf", headers=headers)


@page("letters/<int:pk>/came-back/", name="letter-came-back", permission="print_letters")
@require_POST
def came_back(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """The post brought a letter of this batch back: no more letters to that address."""
    chosen = request.POST.get("letter", "")
    letter: PrintedLetter = get_object_or_404(
        PrintedLetter.objects.select_related("message__customer"),
        batch=pk, is_printed=True, pk=int(chosen) if chosen.isdecimal() and len(chosen) < 18 else 0,
    )  # fmt: skip
    note_returned(shop, [letter.message.customer_id], clock.now(), request.user)  # type: ignore[arg-type]
    messages.success(request, _("No more letters go there until a new address is known."))
    return redirect("shop:letter-batch", shop.slug, pk)
