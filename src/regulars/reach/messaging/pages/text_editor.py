"""The editor of templates that say plain text: SMS, calls, letters, notes. It saves as people write, and shows what a
customer would get, with its length on the channel.
"""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST

from regulars.core.clock import now
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.core.variables import VARIABLES
from regulars.know.customers.models import Customer
from regulars.reach.messaging import actions, trial
from regulars.reach.messaging.actions.drafts import LOCALES, LONGEST_TEXT
from regulars.reach.messaging.channel_kinds import ChannelKind, kind_of
from regulars.reach.messaging.models import Template
from regulars.reach.messaging.rendering import Preview, RenderRefused, preview
from regulars.reach.messaging.usage import uses_of


def text_editor(request: HttpRequest, shop: Shop, template: Template) -> HttpResponse:
    """The page: each language with its text, its variables and its preview."""
    people = trial.sample_people(shop)
    customer = people[0] if people else None
    parts = [seen(shop, template, locale, customer) for locale in LOCALES]
    return render(
        request,
        "messaging/text_editor.html",
        {
            "template": template,
            "kind": kind_of(template.channel),
            "parts": parts,
            "people": people,
            "variables": [
                (name, [(f"{name}.{field}", told) for field, told in group.fields.items()])
                for name, group in VARIABLES.items()
            ],
            "longest": LONGEST_TEXT,
            "uses": uses_of(shop).get(template.key, []),
            "crumbs": [(_("Templates"), reverse("shop:templates", args=[shop.slug]))],
        },
    )


def seen(shop: Shop, template: Template, locale: str, customer: Customer | None) -> dict[str, Any]:
    """One language as the page shows it: what is written, what is wrong, what the customer gets and how long it is."""
    one = actions.written(template, locale)
    found: dict[str, Any] = {
        "locale": locale,
        "title": _("German") if locale == "de" else _("English"),
        "written": one,
        "problems": [],
        "customer": customer,
    }
    if one.is_empty:
        return found
    result = actions.compiled(shop, template, one)
    found["problems"] = [problem.message for problem in result.problems]
    if result.content is None:
        return found
    if customer is None:
        values = trial.sample_values(shop)
    else:
        values = trial.trial_values(shop, [customer.pk], result.content.names, now())[customer.pk]
    kind = kind_of(template.channel)
    try:
        said = preview(result.content, values, settings.REGULARS_BASE_URL)
    except RenderRefused as refused:
        found["problems"] = [str(refused)]
        return found
    return found | {"said": said, "length": _length(kind, said)}


def _length(kind: ChannelKind, said: Preview) -> dict[str, Any] | None:
    length = kind.length(said.text)
    if length is None:
        return None
    tone = "error" if length.is_too_long else "warning" if length.is_long else "info"
    return {"words": length.words, "tone": tone}


@page("templates/<int:pk>/text/", name="template_text", permission="manage_templates")
@require_POST
def write_text(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Saves one language and answers with its preview, as a fragment; without htmx, with the page."""
    template: Template = get_object_or_404(Template.objects.select_related("shop__brand__logo"), pk=pk)
    said = request.POST
    locale, revision = said.get("locale", ""), said.get("revision", "")
    error = ""
    try:
        actions.save_draft(
            template,
            locale,
            int(revision) if revision.isdecimal() else -1,
            said.get("subject", ""),
            "",
            [],
            now(),
            text=said.get("text", ""),
            staff=request.user,  # type: ignore[arg-type]
        )
    except Refused as refused:
        error = str(refused)
    if not request.htmx:  # type: ignore[attr-defined]
        if error:
            messages.error(request, error)
        return redirect("shop:template", shop.slug, template.pk)
    if locale not in LOCALES:
        return HttpResponse(error, status=422)
    context = {
        "part": seen(shop, template, locale, _customer(request, shop)),
        "kind": kind_of(template.channel),
        "error": error,
        "is_answer": True,
    }
    response = render(request, "messaging/text_seen.html", context, status=422 if error else 200)
    response["HX-Trigger"] = "text-saved"
    return response


@page("templates/<int:pk>/text/seen/", name="template_text_seen", permission="manage_templates")
def look(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """The preview of one language for another customer, as a fragment."""
    template: Template = get_object_or_404(Template.objects.select_related("shop__brand__logo"), pk=pk)
    locale = request.GET.get("locale", "")
    part = seen(shop, template, locale if locale in LOCALES else LOCALES[0], _customer(request, shop))
    return render(request, "messaging/text_seen.html", {"part": part, "kind": kind_of(template.channel)})


def _customer(request: HttpRequest, shop: Shop) -> Customer | None:
    number = (request.POST if request.method == "POST" else request.GET).get("customer", "")
    if not number.isdecimal():
        return None
    return get_object_or_404(Customer._base_manager.filter(shop=shop), pk=int(number))


def as_frame(shop: Shop, template: Template, locale: str) -> str:
    """A plain text as HTML, for the frame in which the list of templates shows it."""
    with override(locale):
        part = seen(shop, template, locale, None)
    said: Preview | None = part.get("said")
    if said is None:
        return part["problems"][0] if part["problems"] else ""
    return f"{said.subject}\n\n{said.text}".strip()
