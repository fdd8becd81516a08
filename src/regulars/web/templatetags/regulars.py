"""Tags and filters of every page; they are built in, no `{% load %}` is needed."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from regulars.core.clock import now
from regulars.web import written
from regulars.web.icon import icon as draw

register = template.Library()


@register.filter
def money(minor: int | None, currency: str) -> str:
    """`{{ order.total_minor|money:shop.currency }}`"""
    return written.money(minor, currency)


@register.filter
def number(value: written.Number | None, digits: int | None = None) -> str:
    """`{{ count|number }}`, `{{ orders|number:2 }}`"""
    return written.number(value, digits)


@register.filter
def compact(value: written.Number | None) -> str:
    """`{{ customers|compact }}`"""
    return written.compact(value)


@register.filter
def percent(share: written.Number | None, digits: int = 1) -> str:
    """`{{ rate|percent }}`, `{{ rate|percent:0 }}`; the value is a share of 1."""
    return written.percent(share, int(digits))


@register.filter
def return_on_it(share: written.Number | None) -> str:
    """`{{ effect.roi|return_on_it }}`: a percentage, a factor from 1,000 % on."""
    return written.return_on_it(share)


@register.filter
def day(value: date | datetime | None, style: str = "medium") -> str:
    """`{{ order.placed_at|day }}`, `{{ …|day:"long" }}`"""
    return written.day(value, style)


@register.filter
def month(value: date | None) -> str:
    """`{{ cohort|month }}`"""
    return written.month(value)


@register.filter
def moment(value: datetime | None, style: str = "medium") -> str:
    """`{{ event.at|moment }}`"""
    return written.moment(value, style)


@register.filter
def ago(value: datetime | None) -> str:
    """`{{ event.at|ago }}`"""
    return written.ago(value, now())


@register.simple_tag
def when(value: datetime | None) -> SafeString | str:
    """`{% when event.at %}`: relative time in a `<time>` whose title is the exact moment."""
    if value is None:
        return written.NOTHING
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', value.isoformat(), written.moment(value), written.ago(value, now())
    )


@register.simple_tag
def icon(name: str, classes: str = "", label: str = "") -> SafeString:
    """`{% icon "users" %}`, `{% icon "trash-2" "size-5" label=_("Delete") %}`"""
    return draw(str(name), str(classes), str(label))


@register.simple_tag(takes_context=True)
def page_url(context: Context, name: str, *args: Any, **kwargs: Any) -> str:
    """`{% page_url "customer" customer.pk %}`: the address of a declared page in the present shop."""
    shop = context["shop"]
    if args:
        return reverse(f"shop:{name}", args=[shop.slug, *args])
    return reverse(f"shop:{name}", kwargs={"shop_slug": shop.slug, **kwargs})


@register.filter
def initials(text: Any) -> str:
    """At most two letters for a round mark: `Rosa Luna` is `RL`."""
    words = [word for word in str(text).replace("@", " ").replace(".", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


@register.simple_tag
def spark(values: Sequence[written.Number | None] | None, label: str = "") -> SafeString | str:
    """`{% spark values %}`: a spark line; nothing with fewer than two values."""
    points = written.spark_points(values or [])
    if not points:
        return ""
    line = " ".join(f"{x},{y}" for x, y in points)
    said = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html(
        '<svg class="spark" {} viewBox="0 0 100 30" preserveAspectRatio="none">'
        '<polygon class="spark-area" points="{},30 {} {},30"/><polyline class="spark-line" points="{}"/></svg>',
        said,
        points[0][0],
        line,
        points[-1][0],
        line,
    )


@register.filter
def heat(value: written.Number | None, highest: written.Number = 1) -> str:
    """The class of a heat map's cell: `heat-0` … `heat-10`, `heat-none`."""
    step = written.heat_step(value, float(highest))
    return "heat-none" if step is None else f"heat-{step}"


@register.filter
def item(mapping: Any, key: Any) -> Any:
    """`{{ names|item:code }}`: the value of a key that is itself a variable, else None."""
    try:
        return mapping[key]
    except (KeyError, IndexError, TypeError):
        return None


@register.filter
def input_kind(field: Any) -> str:
    """How a bound form field is laid out: `check` (label to the right), `choices` (a group), `plain` or `hidden`."""
    widget = field.field.widget
    if widget.is_hidden:
        return "hidden"
    kind = getattr(widget, "input_type", "")
    if kind == "checkbox" and not hasattr(widget, "option_template_name"):
        return "check"
    return "choices" if hasattr(widget, "option_template_name") and kind in {"radio", "checkbox"} else "plain"


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """`{% query page=3 %}`: the present query string with changes; None or "" takes a key away."""
    values = context["request"].GET.copy()
    for key, value in changes.items():
        if value is None or value == "":
            values.pop(key, None)
        else:
            values[key] = value
    encoded = values.urlencode()
    return f"?{encoded}" if encoded else "?"


@register.simple_tag(takes_context=True)
def panel_body(context: Context, panel: dict[str, Any]) -> SafeString:
    """A panel of another module (`regulars.core.pages.panels_of`), rendered with its own template."""
    return render_to_string(panel["template"], panel["context"], request=context.get("request"))


@register.simple_tag(takes_context=True)
def settings_tabs(context: Context, current: str) -> list[dict[str, Any]]:
    """`{% settings_tabs "mailbox" as tabs %}`: the tabs of the settings, for the page of a module among them."""
    from regulars.web.control.settings_pages import tabs_of

    return tabs_of(context["shop"], current)


@register.filter
def chart_rows(config: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The figures of a chart as rows of its table: (place on the x axis, value of each series as text)."""
    return written.chart_rows(config)
