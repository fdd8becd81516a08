"""Fields of kinds as inputs of a form: what each shows, and what a posted form says. An empty input leaves its field out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as of_each
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from regulars.core import money
from regulars.core.errors import Refused
from regulars.core.event_types import EVENT_TYPES
from regulars.core.models import Shop
from regulars.decide.contact_policy.models import Channel, Topic
from regulars.decide.goals.models import Goal, Measure
from regulars.decide.segments import builder
from regulars.decide.segments.models import Segment
from regulars.decide.segments.ready_made import READY_MADE
from regulars.insights import kpis
from regulars.reach.messaging.channel_kinds import CHANNEL_KINDS
from regulars.reach.messaging.models import Template

from .data_rules import OPERATORS
from .document import text_in
from .fields import Field
from .flow import Flow, nodes
from .kinds import step_kinds
from .playbook import MAIL

WAY_FIELDS = {"then", "otherwise", "ways"}
"""Shown as the ways of a fork, not as inputs."""
UNITS = {
    "days": lambda: pgettext("unit", "days"),
    "hours": lambda: pgettext("unit", "hours"),
    "minutes": lambda: pgettext("unit", "minutes"),
    "times": lambda: pgettext("unit", "times"),
}
COMPARISONS = {
    "is": lambda: _("is"),
    "is_not": lambda: _("is not"),
    "at_least": lambda: _("is at least"),
    "at_most": lambda: _("is at most"),
    "one_of": lambda: _("is one of"),
    "contains": lambda: _("contains"),
    "known": lambda: _("is known"),
    "unknown": lambda: _("is not known"),
}


@dataclass
class Input:
    """One input. widget: which piece of template shows it. value: as it shows it. choices: pairs of value and words."""

    field: Field
    name: str
    widget: str
    value: Any
    choices: Sequence[tuple[Any, Any]] = ()
    unit: str = ""
    problems: list[str] = of_each(default_factory=list)


def segment_choices(shop: Shop) -> list[tuple[Any, Any]]:
    """Short name and name of every segment that a journey may name: the shop's own and the ready-made. One query."""
    there = dict(Segment._base_manager.filter(shop=shop).values_list("key", "name"))
    ready = {segment.key: str(segment.name) for segment in READY_MADE}
    return sorted((ready | there).items(), key=lambda pair: pair[1].lower())


class Form:
    """The inputs of some fields, for one shop and one document. flow, step: for choices among earlier steps."""

    def __init__(
        self, shop: Shop, fields: Iterable[Field], document: Mapping[str, Any], flow: Flow | None = None, step: str = ""
    ) -> None:
        self.shop, self.document, self.flow, self.step = shop, document, flow or [], step
        self.fields = [one for one in fields if one.key not in WAY_FIELDS]

    def inputs(self, values: Mapping[str, Any], problems: Mapping[str, list[str]] | None = None) -> list[Input]:
        """The inputs with these values."""
        found = []
        for one in self.fields:
            value = values.get(one.key, one.default)
            found.append(
                Input(
                    one,
                    f"p-{one.key}",
                    "select" if one.key in NAMED else WIDGETS[one.kind],
                    self._shown(one, value, is_there=one.key in values),
                    self._choices_with(one, value),
                    UNITS[one.unit]() if one.unit in UNITS else self.shop.currency if one.kind == "money" else "",
                    (problems or {}).get(one.key, []),
                )
            )
        return found

    def _shown(self, one: Field, value: Any, *, is_there: bool) -> Any:
        if one.kind == "money" and isinstance(value, int) and not isinstance(value, bool):
            return money.to_decimal(value, self.shop.currency)
        if one.kind == "share" and isinstance(value, int | float):
            return f"{100 * value:.6g}"
        if one.kind == "words":
            texts = value if isinstance(value, Mapping) else {self.shop.locale: value or ""}
            return [(locale, texts.get(locale, "")) for locale in ("de", "en")]
        if one.kind == "rule":
            return {"is_there": is_there, "rule": value}
        if one.kind == "data_rule":
            return _rows(value)
        return "" if value is None else value

    def _choices_with(self, one: Field, value: Any) -> list[tuple[Any, Any]]:
        """The choices; with what stands there, where it is none of them: saving must not change it unseen."""
        choices = self._choices(one)
        if one.key in NAMED and value and value not in dict(choices):
            choices.insert(0, (value, value))
        return choices

    def _choices(self, one: Field) -> list[tuple[Any, Any]]:
        if one.kind in ("choice", "choices"):
            return [(key, _choice_words(one.key, key, words)) for key, words in (one.choices or {}).items()]
        if one.kind == "event_type":
            return sorted(
                ((key, str(kind.title)) for key, kind in EVENT_TYPES.items()), key=lambda pair: pair[1].lower()
            )
        if one.kind == "segment":
            return segment_choices(self.shop)
        if one.kind == "template":
            own = Template._base_manager.filter(shop=self.shop, is_of_measure=False)
            rows = own.order_by("name").values_list("key", "name", "channel")
            return [
                (key, name if channel == MAIL else f"{name} · {_channel_title(channel)}") for key, name, channel in rows
            ]
        if one.kind == "message":
            messages = self.document.get("messages")
            return [
                (key, _message_name(key, message))
                for key, message in (messages.items() if isinstance(messages, Mapping) else ())
            ]
        if one.kind in ("step", "earlier_step"):
            return self._steps(one)
        if one.kind == "weekday":
            return [(number, str(WEEKDAYS[number - 1])) for number in range(1, 8)]
        if one.kind == "hour":
            return [(hour, f"{hour}:00") for hour in range(24)]
        if one.key == "kpi":
            named = [(key, str(kpi.title)) for key, kpi in kpis.definitions().items()]
            return sorted(named, key=lambda pair: pair[1].lower())
        if one.key == "topic":
            return [(topic.key, str(topic)) for topic in Topic._base_manager.filter(shop=self.shop)]
        return []

    def _steps(self, one: Field) -> list[tuple[str, str]]:
        listed = list(nodes(self.flow))
        here = next((number for number, node in enumerate(listed) if node.key == self.step), len(listed))
        some = listed[:here] if one.kind == "earlier_step" else listed[here + 1 :]
        if one.key == "voucher":
            some = [node for node in some if node.kind == "issue_voucher"]
        order = {node.key: number for number, node in enumerate(listed, start=1)}
        kinds = step_kinds()
        return [
            (node.key, f"{order[node.key]} · {kinds[node.kind].title}" if node.kind in kinds else node.key)
            for node in some
        ]

    def read(self, data: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
        """The values that a posted form says; what it has no input for stays."""
        known = {one.key for one in self.fields}
        found = {name: value for name, value in old.items() if name not in known}
        for one in self.fields:
            value = self._read(one, data, old.get(one.key))
            if value is not None:
                found[one.key] = value
        return found

    def _read(self, one: Field, data: Mapping[str, Any], old: Any) -> Any:
        name = f"p-{one.key}"
        text = str(data.get(name, "")).strip()
        if one.kind == "flag":
            # A flag that holds by default is told when it does not; others when they do.
            return (True if text else None) if not one.default else (None if text else False)
        if one.kind in ("weekday", "choices"):
            chosen = data.getlist(name) if hasattr(data, "getlist") else []
            return ([int(day) for day in chosen if day.isdecimal()] if one.kind == "weekday" else chosen) or None
        if one.kind == "words":
            texts = {locale: str(data.get(f"{name}-{locale}", "")).strip() for locale in ("de", "en")}
            return {locale: words for locale, words in texts.items() if words} or None
        if one.kind == "rule":
            return self._rule(name, data, old)
        if one.kind == "data_rule":
            return _read_rows(name, data, old)
        if not text:
            return None
        return _converted(one, text, self.shop)

    def _rule(self, name: str, data: Mapping[str, Any], old: Any) -> Any:
        if not data.get(f"{name}-on"):
            return None
        if "rule" not in data:
            return old or {"all": [dict(builder.NEW_CONDITION)]}
        tree = builder.from_form(data, self.shop)
        builder.step(tree, str(data.get("action", "")))
        return builder.to_rule(tree)


NAMED = ("kpi", "topic")
"""Short names that are chosen among those there are."""
WIDGETS = {
    "number": "number", "duration": "number", "hour": "select", "weekday": "boxes", "text": "text", "words": "words",
    "date": "date", "key": "text", "choice": "select", "choices": "boxes", "flag": "flag", "segment": "select",
    "event_type": "select", "message": "select", "template": "select", "webhook": "text", "step": "select",
    "earlier_step": "select", "ways": "text", "money": "number", "share": "number", "rule": "rule",
    "data_rule": "data_rule",
}  # fmt: skip


def _channel_title(key: str) -> str:
    return str(CHANNEL_KINDS[key].title) if key in CHANNEL_KINDS else key


def _choice_words(field_key: str, key: str, words: Any) -> str:
    labels: dict[str, dict[str, Any]] = {
        "goal": dict(Goal.Kind.choices),
        "purpose": dict(Measure.Purpose.choices),
        "channel": dict(Channel.choices),
    }
    return str(labels.get(field_key, {}).get(key, words))


def _message_name(key: str, message: Any) -> str:
    """As the picture calls it: in the language of the page."""
    name = message.get("name") if isinstance(message, Mapping) else None
    return text_in(name, get_language() or "en") if isinstance(name, str | Mapping) and name else key


def _converted(one: Field, text: str, shop: Shop) -> Any:
    """The value of a text; what cannot be read stays a text, so that the check names it."""
    plain = text.replace(",", ".")
    try:
        if one.kind == "money":
            return money.to_minor(Decimal(plain), shop.currency)
        if one.kind == "share":
            return float(Decimal(plain) / 100)
        if one.kind in ("duration", "hour"):
            return int(plain)
        if one.kind == "number":
            number = Decimal(plain)
            if not number.is_finite():
                return text
            return int(number) if number == number.to_integral_value() else float(number)
    except (InvalidOperation, ValueError, Refused, OverflowError):
        return text
    return text


def _rows(rule: Any) -> dict[str, Any]:
    """A rule over an event's data as rows; `nested` where it is more than a list of conditions."""
    rule = rule or {}
    joint = next((name for name in ("all", "any") if isinstance(rule, Mapping) and name in rule), "all")
    listed = rule.get(joint, [rule] if rule else [])
    if not isinstance(listed, list) or not all(isinstance(one, Mapping) and "data" in one for one in listed):
        return {"nested": True, "rule": rule}
    rows = [
        {
            "data": one.get("data", ""),
            "op": one.get("op", "is"),
            "value": ", ".join(map(str, one["value"])) if isinstance(one.get("value"), list) else one.get("value", ""),
        }
        for one in listed
    ]
    comparisons = [(key, COMPARISONS[key]()) for key in OPERATORS]
    return {"joint": joint, "rows": [*rows, {"data": "", "op": "is", "value": ""}], "comparisons": comparisons}


def _read_rows(name: str, data: Mapping[str, Any], old: Any) -> Any:
    if f"{name}-joint" not in data:
        return old
    found = []
    for number in range(31):
        if f"{name}-{number}-data" not in data:
            break
        what = str(data[f"{name}-{number}-data"]).strip()
        if not what:
            continue
        how = str(data.get(f"{name}-{number}-op", "is"))
        node: dict[str, Any] = {"data": what, "op": how}
        text = str(data.get(f"{name}-{number}-value", "")).strip()
        if how not in ("known", "unknown"):
            node["value"] = [_plain(part.strip()) for part in text.split(",")] if how == "one_of" else _plain(text)
        found.append(node)
    if not found:
        return None
    return found[0] if len(found) == 1 else {("any" if data.get(f"{name}-joint") == "any" else "all"): found}


def _plain(text: str) -> Any:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite() or (text.startswith("0") and len(text) > 1 and "." not in text):
        return text
    return int(number) if number == number.to_integral_value() else float(number)
