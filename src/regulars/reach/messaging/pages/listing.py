"""The list of templates, and the page on which a new one begins."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.core.clock import now
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import Nav, page
from regulars.reach.messaging import actions
from regulars.reach.messaging.actions.drafts import LOCALES
from regulars.reach.messaging.channel_kinds import CHANNEL_KINDS, in_order
from regulars.reach.messaging.models import Template, TemplateDraft, TemplateVersion
from regulars.reach.messaging.rendering import line
from regulars.reach.messaging.starting_points import STARTING_POINTS
from regulars.reach.messaging.trial import sample_values
from regulars.reach.messaging.usage import Use, uses_of

from .frame import tabs


@page(
    "templates/",
    name="templates",
    permission="manage_templates",
    nav=Nav("measures", gettext_lazy("Templates"), "mail", order=30),
)
def templates(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The templates of the shop, then the mails that measures brought, each with its picture, its languages and who uses
    it. Left out are frozen copies, and mails of versions that send no more. A constant number of queries.
    """
    search = request.GET.get("q", "").strip()[:80]
    uses = uses_of(shop)
    sent_now = Q(is_of_measure=True, copy_of=None, key__among=set(uses))
    rows = Template.objects.filter(Q(is_of_measure=False) | sent_now).order_by("name")
    found = list(rows.filter(name__icontains=search) if search else rows)
    told = _rows(shop, found, uses)
    context = {
        "rows": [row for row in told if not row["template"].is_of_measure],
        "brought": [row for row in told if row["template"].is_of_measure],
        "search": search,
        "has_any": bool(search or found),
        "tabs": tabs(shop, "templates"),
        "points": _points(),
        "channels": [kind for kind in in_order() if not kind.is_mail],
    }
    return render(request, "messaging/templates.html", context)


def _points() -> list[dict[str, Any]]:
    return [
        {"key": key, "title": title, "about": about, "icon": icon}
        for key, (title, about, icon, _made) in STARTING_POINTS.items()
    ]


def _state(frozen: TemplateVersion | None, draft: TemplateDraft | None) -> dict[str, str]:
    """How far one language is, in words and as a tone."""
    if frozen is None and draft is None:
        return {"state": _("missing"), "tone": "warning"}
    if draft is not None and not draft.is_published and (frozen is None or draft.updated_at > frozen.created_at):
        return {"state": _("draft") if frozen is None else _("changed"), "tone": "info"}
    return {"state": _("published"), "tone": "success"}


def _rows(shop: Shop, found: list[Template], uses: Mapping[str, list[Use]]) -> list[dict[str, Any]]:
    ids = [one.pk for one in found]
    versions: dict[tuple[int, str], TemplateVersion] = {}
    for version in (
        TemplateVersion.objects.filter(template__in=ids).defer("source", "text", "blocks").order_by("version")
    ):
        versions[version.template_id, version.locale] = version
    drafts = {
        (draft.template_id, draft.locale): draft
        for draft in TemplateDraft.objects.filter(template__in=ids).defer("blocks", "text").select_related("updated_by")
    }
    sample = sample_values(shop)
    rows = []
    for one in found:
        languages, changes = [], []
        for locale in LOCALES:
            frozen, draft = versions.get((one.pk, locale)), drafts.get((one.pk, locale))
            languages.append({"locale": locale, **_state(frozen, draft)})
            changes += [frozen.created_at] if frozen else []
            changes += [draft.updated_at] if draft else []
        subject = next(
            (
                source.subject
                for source in [
                    found_one
                    for locale in (shop.locale, *LOCALES)
                    for found_one in (drafts.get((one.pk, locale)), versions.get((one.pk, locale)))
                    if found_one is not None
                ]
                if source.subject
            ),
            "",
        )
        rows.append(
            {
                "template": one,
                "kind": CHANNEL_KINDS.get(one.channel),
                "languages": languages,
                "changed_at": max(changes, default=None),
                "uses": uses.get(one.key, []),
                "subject": line(subject, sample),
                "locale": next((said["locale"] for said in languages if said["tone"] != "warning"), shop.locale),
            }
        )
    return sorted(rows, key=lambda row: (row["changed_at"] is None, row["changed_at"]), reverse=True)


@page("templates/new/", name="template_new", permission="manage_templates")
@require_POST
def begin(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Begins a template, a mail from a starting point or a plain text for another channel, and opens the editor."""
    point = STARTING_POINTS.get(request.POST.get("point", ""))
    kind = CHANNEL_KINDS.get(request.POST.get("channel", ""))
    name = request.POST.get("name", "").strip() or str(point[0] if point else kind.title if kind else "")
    staff = request.user
    try:
        if kind is not None and not kind.is_mail:
            template = actions.begin_template(shop, name, {}, now(), staff=staff, channel=kind.key)  # type: ignore[arg-type]
        elif point is not None:
            template = actions.begin_template(shop, name, point[3](), now(), staff=staff)  # type: ignore[arg-type]
        else:
            raise Refused(_("Choose what the template begins with."))
    except Refused as error:
        messages.error(request, str(error))
        return redirect("shop:templates", shop.slug)
    return redirect("shop:template", shop.slug, template.pk)


@page("templates/<int:pk>/remove/", name="template_remove", permission="manage_templates")
@require_POST
def remove(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Removes a template that was never sent and that nothing uses."""
    template: Template = get_object_or_404(Template.objects, pk=pk)
    try:
        if uses_of(shop).get(template.key):
            raise Refused(_("A measure uses this template, so it stays."), code="template_used")
        actions.remove_template(template, now(), staff=request.user)  # type: ignore[arg-type]
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The template is removed."))
    return redirect("shop:templates", shop.slug)
