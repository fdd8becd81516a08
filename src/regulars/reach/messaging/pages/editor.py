"""The editor of a template: the page, and what its modules ask: save, preview, check, try, publish."""

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from regulars.core.clock import now
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.core.variables import VARIABLES
from regulars.know.customers.models import Customer
from regulars.know.orders.models import Product
from regulars.reach.messaging import actions, checks, trial
from regulars.reach.messaging.actions.drafts import LOCALES, Written
from regulars.reach.messaging.blocks import KINDS
from regulars.reach.messaging.blocks.condition import OPERATORS
from regulars.reach.messaging.channel_kinds import kind_of
from regulars.reach.messaging.link_asking import asking
from regulars.reach.messaging.link_checks import asked_links
from regulars.reach.messaging.models import Template, TemplateVersion
from regulars.reach.messaging.rendering import RenderRefused, line, preview
from regulars.reach.messaging.usage import is_service, uses_of

from .editor_words import words
from .frame import framed, refusal
from .text_editor import as_frame, text_editor

MAX_BODY = 400_000
ICONS = {
    "arrow-up", "arrow-down", "copy", "trash-2", "grip-vertical", "plus", "circle-alert", "circle-check", "bold", "italic",
    "link", "list", "braces", "image-plus", "x", "search",
}  # fmt: skip
"""What the modules of the editor draw themselves."""
GROUPS = {"content": gettext_lazy("Content"), "shop": gettext_lazy("Shop"), "layout": gettext_lazy("Layout")}


def _template(pk: int) -> Template:
    return get_object_or_404(Template.objects.select_related("shop__brand__logo"), pk=pk)


@page("templates/<int:pk>/", name="template", permission="manage_templates")
def edit(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """The editor with all it needs to work on its own until it saves."""
    template = _template(pk)
    if not kind_of(template.channel).is_mail:
        return text_editor(request, shop, template)
    return render(
        request,
        "messaging/editor.html",
        {
            "template": template,
            "editor": editor_data(shop, template),
            "words": words(),
            "uses": uses_of(shop).get(template.key, []),
            "people": trial.sample_people(shop),
            "locales": [(locale, _("German") if locale == "de" else _("English")) for locale in LOCALES],
            "icons": sorted({kind.icon for kind in KINDS.values()} | ICONS),
            "crumbs": [(_("Templates"), reverse("shop:templates", args=[shop.slug]))],
        },
    )


def editor_data(shop: Shop, template: Template) -> dict[str, Any]:
    """State and vocabulary of the editor, as JSON."""
    where = {
        name: reverse(f"shop:template_{name}", args=[shop.slug, template.pk])
        for name in ("save", "preview", "checks", "links", "try", "publish")
    }
    return {
        "name": template.name,
        "locale": shop.locale if shop.locale in LOCALES else LOCALES[0],
        "docs": {
            locale: {
                "subject": one.subject,
                "preheader": one.preheader,
                "blocks": one.blocks,
                "revision": one.revision,
                "published": one.is_published,
                "version": one.version,
                "problems": _problems(shop, template, one),
            }
            for locale, one in ((locale, actions.written(template, locale)) for locale in LOCALES)
        },
        "kinds": [kind.described() for kind in KINDS.values()],
        "groups": {key: str(title) for key, title in GROUPS.items()},
        "operators": [[key, str(title)] for key, title in OPERATORS.items()],
        "variables": variables_told(),
        "images": reverse("shop:images_pick", args=[shop.slug]),
        "products": reverse("shop:template_products", args=[shop.slug]),
        "people": reverse("shop:template_people", args=[shop.slug]),
        "where": where,
        "media": "/m/",
    }


def variables_told() -> list[list[str]]:
    """[name, what it says] of every variable, by its group."""
    return [
        [f"{group.name}.{field}", str(told)] for group in VARIABLES.values() for field, told in group.fields.items()
    ]


def _read(request: HttpRequest) -> dict[str, Any]:
    if len(request.body) > MAX_BODY:
        raise Refused(_("The template is too large to be saved."), code="size")
    try:
        said = json.loads(request.body)
    except ValueError:
        raise Refused(_("The blocks cannot be read."), code="blocks") from None
    if not isinstance(said, dict):
        raise Refused(_("The blocks cannot be read."), code="blocks")
    return said


@page("templates/<int:pk>/save/", name="template_save", permission="manage_templates")
@require_POST
def save(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Saves the draft of one language; answers with its number and what is wrong with its blocks."""
    template = _template(pk)
    try:
        said = _read(request)
        locale, revision = str(said.get("locale", "")), said.get("revision")
        actions.save_draft(
            template,
            locale,
            revision if isinstance(revision, int) else -1,
            str(said.get("subject", "")),
            str(said.get("preheader", "")),
            said.get("blocks"),
            now(),
            staff=request.user,  # type: ignore[arg-type]
        )
        if isinstance(said.get("name"), str) and said["name"].strip():
            actions.rename_template(template, said["name"], now(), staff=request.user)  # type: ignore[arg-type]
    except Refused as error:
        return refusal(error)
    one = actions.written(template, locale)
    return JsonResponse({"revision": one.revision, "problems": _problems(shop, template, one)})


def _problems(shop: Shop, template: Template, one: Written) -> list[dict[str, str]]:
    """What is wrong with the blocks; nothing where nothing is written yet."""
    if one.is_empty:
        return []
    found = actions.compiled(shop, template, one).problems
    return [{"block": problem.block, "field": problem.field, "message": problem.message} for problem in found]


@page("templates/<int:pk>/preview/", name="template_preview", permission="manage_templates")
@xframe_options_sameorigin
def show(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """The mail as a customer gets it (`customer`), in a language (`locale`), light or dark (`theme`), for a frame."""
    template = _template(pk)
    locale = request.GET.get("locale", "")
    locale = locale if locale in LOCALES else LOCALES[0]
    one = actions.written(template, locale)
    if one.is_empty:
        return framed(_plain(_("Nothing is written yet.")), request.GET.get("theme", ""))
    if not kind_of(template.channel).is_mail:
        return framed(_letter(as_frame(shop, template, locale)), request.GET.get("theme", ""))
    result = actions.compiled(shop, template, one, is_marked=True)
    if result.content is None:
        return framed(_plain(result.problems[0].message if result.problems else ""), request.GET.get("theme", ""))
    values = _values(request, shop, result.content.names)
    if is_service(shop, template.key):
        values |= {"unsubscribe.url": "", "preferences.url": ""}
    try:
        mail = preview(result.content, values, settings.REGULARS_BASE_URL)
    except RenderRefused as refused:
        return framed(_plain(str(refused)), request.GET.get("theme", ""))
    # The frame is on our own host whatever name readers know it by.
    html = mail.html.replace(f"{settings.REGULARS_BASE_URL}/m/", "/m/").replace(
        f"{settings.REGULARS_BASE_URL}/b/", "/b/"
    )
    # What the inbox shows, for the page around the frame.
    inbox = f'data-subject="{escape(mail.subject)}" data-preheader="{escape(line(one.preheader, values))}"'
    return framed(html.replace("<html ", f"<html {inbox} ", 1), request.GET.get("theme", ""))


def _values(request: HttpRequest, shop: Shop, names: Any) -> dict[str, Any]:
    """Values of the customer whose number is in the query; of a made-up one without."""
    number = request.GET.get("customer", "")
    if number.isdecimal():
        customer = get_object_or_404(Customer._base_manager.filter(shop=shop), pk=int(number))
        return trial.trial_values(shop, [customer.pk], names, now())[customer.pk]
    return trial.sample_values(shop)


def _plain(text: str) -> str:
    style = "font:15px system-ui,sans-serif;color:#6b6560;text-align:center;padding:20vh 24px"
    return f'<!doctype html><meta charset="utf-8"><body style="{style}">{escape(text)}</body>'


def _letter(text: str) -> str:
    style = "font:17px/1.5 system-ui,sans-serif;color:#1c1917;background:#fff;padding:28px;white-space:pre-wrap"
    return f'<!doctype html><meta charset="utf-8"><body style="{style}">{escape(text)}</body>'


def _checked(shop: Shop, template: Template) -> dict[str, checks.Checked]:
    """What stands in the editor, in all its languages."""
    found = {}
    for locale in LOCALES:
        one = actions.written(template, locale)
        if not one.is_empty:
            result = actions.compiled(shop, template, one)
            frozen = TemplateVersion.objects.filter(template=template, locale=locale, version=one.version)
            version = frozen.first() if one.is_published else None
            found[locale] = checks.Checked(result.source, result.content, result.problems, version)
    return found


@page("templates/<int:pk>/checks/", name="template_checks", permission="manage_templates")
def findings(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """What is found before sending, as a fragment."""
    template = _template(pk)
    return render(
        request,
        "messaging/findings.html",
        {
            "findings": checks.check(shop, _checked(shop, template), now()),
            "is_plain": not kind_of(template.channel).is_mail,
        },
    )


@page("templates/<int:pk>/links/", name="template_links", permission="manage_templates")
@require_POST
def links(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Asks the links whether they answer, which takes some seconds; what is found, as a fragment."""
    contents = {locale: one.content for locale, one in _checked(shop, _template(pk)).items() if one.content}
    return render(request, "messaging/findings.html", {"findings": asked_links(contents, asking(shop))})


@page("templates/<int:pk>/try/", name="template_try", permission="manage_templates")
@require_POST
def try_out(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Sends the mail to the person who asks for it."""
    template = _template(pk)
    locale = request.GET.get("locale", "")
    try:
        one = actions.written(template, locale if locale in LOCALES else LOCALES[0])
        result = actions.compiled(shop, template, one)
        if result.content is None:
            raise Refused(result.problems[0].message if result.problems else _("Nothing is written yet."))
        values = _values(request, shop, result.content.names)
        person = request.user
        with override(one.locale):
            trial.send_trial(shop, result.content, values, person.email, person.get_full_name(), now())  # type: ignore[union-attr]
    except Refused as error:
        return refusal(error)
    return JsonResponse({"said": _("A test mail is on its way to %(address)s.") % {"address": person.email}})  # type: ignore[union-attr]


@page("templates/<int:pk>/publish/", name="template_publish", permission="manage_templates")
@require_POST
def publish(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Freezes what is written. Grave findings stop it."""
    template = _template(pk)
    try:
        _publish(request, shop, template)
    except Refused as error:
        return refusal(error)
    return JsonResponse({"next": reverse("shop:template", args=[shop.slug, template.pk])})


@page("templates/<int:pk>/text/publish/", name="template_text_publish", permission="manage_templates")
@require_POST
def publish_text(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """The same for a plain text, whose page is drawn anew."""
    template = _template(pk)
    try:
        _publish(request, shop, template)
    except Refused as error:
        messages.error(request, str(error))
    return redirect("shop:template", shop.slug, template.pk)


def _publish(request: HttpRequest, shop: Shop, template: Template) -> None:
    findings = checks.check(shop, _checked(shop, template), now())
    grave = [one for one in findings if one.severity == checks.ERROR]
    if grave:
        first = grave[0]
        raise Refused(" ".join(part for part in (first.message, first.remedy) if part), code="findings")
    actions.publish_template(shop, template, now(), staff=request.user)  # type: ignore[arg-type]
    messages.success(request, _("Published. Messages written from now on say this."))


@page("templates/products/", name="template_products", permission="manage_templates")
def products(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Products whose title or number begins so or holds it, twelve at most."""
    search = request.GET.get("q", "").strip()[:80]
    rows = Product.objects.exclude(title="")
    if search:
        rows = rows.filter(title__icontains=search) | rows.filter(sku__istartswith=search)
    return JsonResponse(
        {"found": [{"id": one.sku, "title": one.title, "note": one.sku} for one in rows.order_by("title")[:12]]}
    )


@page("templates/people/", name="template_people", permission="view_customers")
def people(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Customers to preview with, by the beginning of a name."""
    found = trial.sample_people(shop, request.GET.get("q", "").strip()[:80])
    return JsonResponse(
        {"found": [{"id": one.pk, "title": f"{one.first_name} {one.last_name}", "note": one.number} for one in found]}
    )
