"""Staff pages of segments: the list, the builder, one segment with its members."""

import json
from typing import Any

from babel.dates import get_month_names
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.core import clock, money
from regulars.core.errors import Refused
from regulars.core.event_types import EVENT_TYPES
from regulars.core.models import Shop
from regulars.core.pages import Nav, page, panels_of
from regulars.core.turning import turned

from . import actions, rules
from .builder import Group, Leaf, field_choices, field_key, from_form, note_problems, step, to_rule, to_tree
from .estimate import everybody, size
from .fields import FIELDS, MONEY, OPERATORS, SHARE, operator
from .models import CustomerProfile, Segment, SegmentMember, SegmentMove
from .words import describe, language

PAGE = 50
SAMPLE = 6
NEWS = 12
SUGGESTIONS = 100


def link(name: str, shop: Shop, *args: Any) -> str:
    """The address of another module's page, or nothing where it is not built in."""
    try:
        return reverse(f"shop:{name}", args=[shop.slug, *args])
    except NoReverseMatch:
        return ""


@page(
    "segments/",
    name="segments",
    permission="view_customers",
    nav=Nav("customers", gettext_lazy("Segments"), "layers", order=20),
)
def segments(request: HttpRequest, shop: Shop) -> HttpResponse:
    """All segments with their sizes."""
    total = everybody(shop)
    rows = [
        {
            "segment": one,
            "words": _words(one, shop),
            "share": one.size / total if one.size is not None and total else None,
        }
        for one in Segment.objects.order_by("name")
    ]
    return render(request, "segments/list.html", {"rows": rows})


def _words(segment: Segment, shop: Shop) -> str:
    return segment.error if rules.check(segment.rule) else describe(segment.rule, shop)


def _segment(key: str) -> Segment:
    found = Segment.objects.filter(key=key).first()
    if found is None:
        raise Http404
    return found


@page("segments/new/", name="segment-new", permission="manage_segments")
def new_segment(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Builds a new segment."""
    return _build(request, shop, None)


@page("segments/<slug:key>/change/", name="segment-change", permission="manage_segments")
def change_segment(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """Changes a segment."""
    return _build(request, shop, _segment(key))


def _build(request: HttpRequest, shop: Shop, segment: Segment | None) -> HttpResponse:
    """One step of the builder. The button's name says which; "save" ends it."""
    if request.method == "POST":
        tree = from_form(request.POST, shop)
        action = request.POST.get("action", "")
        words = {"name": request.POST.get("name", ""), "description": request.POST.get("description", "")}
        if action == "save":
            saved = _save(request, shop, segment, tree, words)
            if saved is not None:
                messages.success(request, _("The segment is saved. Its members are computed within minutes."))
                return redirect(reverse("shop:segment", args=[shop.slug, saved.key]))
        else:
            step(tree, action)
    else:
        tree = to_tree(segment.rule if segment else {"all": [{"field": "orders", "op": "at_least", "value": 1}]})
        words = {
            "name": segment.name if segment else "",
            "description": segment.description if segment else "",
        }
    context = builder_context(tree, shop) | words | {"segment": segment}
    context["crumbs"] = [(_("Segments"), reverse("shop:segments", args=[shop.slug]))]
    template = "segments/build.html"
    if request.headers.get("HX-Request") and request.POST.get("action") != "save":
        part = request.POST.get("action", "")
        template = "segments/result.html" if part == "result" else "segments/builder.html"
    return render(request, template, context)


def _save(
    request: HttpRequest, shop: Shop, segment: Segment | None, tree: Group, words: dict[str, str]
) -> Segment | None:
    now, staff = clock.now(), request.user
    try:
        if segment is None:
            return actions.create_segment(shop, rule=to_rule(tree), now=now, staff=staff, **words)  # type: ignore[arg-type]
        return actions.change_segment(segment, rule=to_rule(tree), now=now, staff=staff, **words)  # type: ignore[arg-type]
    except Refused as error:
        messages.error(request, str(error))
        return None


def builder_context(tree: Group, shop: Shop) -> dict[str, Any]:
    """What the template `segments/builder.html` shows of a tree, with how many customers it holds for today."""
    rule = to_rule(tree)
    wrong: dict[str, str] = {}
    for leaf in _leaves(tree):
        if found := rules.check({"all": [leaf.node]}):
            wrong[leaf.place] = found[0].words
    note_problems(tree, wrong)
    context: dict[str, Any] = {"tree": _shown(tree, shop), "rule": json.dumps(rule), "is_fine": not rules.check(rule)}
    context["everybody"] = everybody(shop)
    if context["is_fine"]:
        sized = size(shop, rule, clock.now(), context["everybody"])
        context |= {"count": sized.customers, "sampled": sized.sampled, "most": sized.most}
        context["share"] = context["count"] / context["everybody"] if context["everybody"] else None
        context["sample"] = [
            {"profile": one, "href": link("customer", shop, one.customer_id)}
            for one in sized.found.select_related("customer").order_by("customer_id")[:SAMPLE]
        ]
        context["words"] = describe(rule, shop)
    context["suggestions"] = _suggestions(tree)
    context["choices"] = field_choices()
    return context


def _leaves(group: Group) -> list[Leaf]:
    found: list[Leaf] = []
    for child in group.children:
        found += [child] if isinstance(child, Leaf) else _leaves(child)
    return found


def _suggestions(tree: Group) -> dict[str, list[str]]:
    """Known values of the text fields that the rule uses, for the inputs' lists."""
    used = {str(leaf.node.get("field")) for leaf in _leaves(tree)} & {"country", "locale", "favourite_category"}
    if any("category" in leaf.node for leaf in _leaves(tree)):
        used.add("favourite_category")
    return {
        key: list(
            CustomerProfile.objects.exclude(**{key: ""})
            .order_by(key)
            .values_list(key, flat=True)
            .distinct()[:SUGGESTIONS]
        )
        for key in sorted(used)
    }


def _shown(group: Group, shop: Shop) -> dict[str, Any]:
    """A group as the template shows it."""
    return {
        "group": group,
        "name": group.place or "root",
        "children": [
            _shown(child, shop) if isinstance(child, Group) else _leaf_shown(child, shop) for child in group.children
        ],
    }


def _leaf_shown(leaf: Leaf, shop: Shop) -> dict[str, Any]:
    """A condition as the template shows it: its selects, and its inputs with their texts."""
    node, key = leaf.node, field_key(leaf.node)
    shown: dict[str, Any] = {"leaf": leaf, "name": leaf.place, "field": key, "problem": leaf.problem}
    if key.startswith("did:"):
        shown |= {
            "op": "did_not" if "did_not" in node else "did",
            "operators": [("did", _("happened")), ("did_not", _("did not happen"))],
            "takes": "deed",
            "what": node.get("category", node.get("product")),
            "list": "favourite_category" if "category" in node else "",
            "type": node.get("type"),
            "types": sorted(((one.key, str(one.title)) for one in EVENT_TYPES.values()), key=lambda pair: pair[1]),
            "days": node.get("within_days") or "",
            "times": node.get("at_least", 1),
        }
        return shown
    chosen = FIELDS.get(key)
    if chosen is None:  # a field that is no more: its problem is shown, another can be chosen
        return shown | {"op": "", "operators": [], "takes": "nothing"}
    how = operator(chosen, node.get("op", "")) or OPERATORS[chosen.kind][0]
    value = node.get("value")
    shown |= {
        "op": how.key,
        "operators": [(one.key, one.title) for one in OPERATORS[chosen.kind]],
        "takes": how.takes,
        "kind": chosen.kind,
        "unit": shop.currency if chosen.kind == MONEY else "%" if chosen.kind == SHARE else "",
        "list": key if key in {"country", "locale", "favourite_category"} else "",
    }
    if how.takes == "two" and isinstance(value, list):
        shown["value"], shown["to"] = (_input(chosen.kind, one, shop) for one in value)
    elif how.takes == "many" and isinstance(value, list):
        shown["value"] = ", ".join(map(str, value))
    elif how.takes == "months":
        value = value if isinstance(value, list) else []
        names = get_month_names("abbreviated", "stand-alone", locale=language())
        shown["months"] = [(month, names[month], month in value) for month in range(1, 13)]
    else:
        shown["value"] = _input(chosen.kind, value, shop) if how.takes == "one" else value
    return shown


def _input(kind: str, value: Any, shop: Shop) -> Any:
    """A value as an input shows it: money in major units, shares in per cent."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value if isinstance(value, str) else ""
    if kind == MONEY:
        return f"{money.to_decimal(int(value), shop.currency):f}"
    if kind == SHARE:
        return f"{value * 100:g}"
    return value


@page("segments/<slug:key>/", name="segment", permission="view_customers")
def segment(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """One segment: its rule in words, its members, who came and went lately."""
    found = _segment(key)
    now = clock.now()
    members = SegmentMember.objects.filter(segment=found).select_related("customer__profile")
    shown = turned(members, ("-since", "-pk"), request.GET, PAGE)
    rows = [
        {"customer": one.customer, "profile": getattr(one.customer, "profile", None), "since": one.since,
         "href": link("customer", shop, one.customer_id)}
        for one in shown.rows
    ]  # fmt: skip
    moves = SegmentMove._base_manager.filter(segment=found)
    lately = moves.filter(at__gte=now - actions.LATELY)
    context = {
        "segment": found,
        "words": _words(found, shop),
        "before": shown.before,
        "after": shown.after,
        "rows": rows,
        "entered": lately.filter(is_entry=True).count(),
        "left": lately.filter(is_entry=False).count(),
        "news": [
            {"move": one, "href": link("customer", shop, one.customer_id)}
            for one in moves.select_related("customer").order_by("-at", "-pk")[:NEWS]
        ],
        "measures": link("measures", shop),
        "panels": panels_of("segment", request, shop, found, request.permissions),  # type: ignore[attr-defined]
        "crumbs": [(_("Segments"), reverse("shop:segments", args=[shop.slug]))],
    }
    return render(request, "segments/segment.html", context)


@page("segments/<slug:key>/delete/", name="segment-delete", permission="manage_segments")
@require_POST
def delete_segment(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """Deletes a segment."""
    actions.delete_segment(_segment(key), now=clock.now(), staff=request.user)  # type: ignore[arg-type]
    messages.success(request, _("The segment is deleted."))
    return redirect(reverse("shop:segments", args=[shop.slug]))
