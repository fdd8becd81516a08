"""Documents: a whole journey as plain values, from a playbook or made by hand (editor, text file). The one form of all.

    {"format": 1, "key": "thanks", "name": {"de": …, "en": …}, "goal": "hold", "kpi": "repeat_rate",
     "purpose": "marketing", "channel": "email", "holdout": 0.1, "outcome_days": 30,
     "reentry": {"rule": "after_days", "days": 365}, "leave_when": {"ordered": true}, "stop": {"after_days": 365},
     "trigger": {"kind": "event", "type": "order.placed"},
     "steps": [{"key": "pause", "kind": "wait", "params": {"days": 3}}, …],
     "messages": {"hello": {"name": …, "texts": {"de": {"subject": …, "preheader": …, "source": …}}},
                  "hint": {"name": …, "channel": "sms", "texts": {"de": {"text": …}}}}}

A document may be unfinished while it is edited; `problems` says all that is wrong with it, each with its place.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from regulars.core.errors import Refused
from regulars.decide.contact_policy.models import Channel
from regulars.decide.goals.models import Goal, Measure

from .fields import KEY, LONGEST_KEY, Field, is_too_deep, shown
from .kinds import Params, StepKind, TriggerKind, param_problems, step_kinds, trigger_kinds
from .messages import message_problems, read_messages, written_messages
from .playbook import MAIL, PLAYBOOKS, Message, Playbook
from .problems import Problem, field_problems
from .words import Words

FORMAT = 1
MOST_STEPS = 200
MOST_BYTES = 2_000_000

_GOALS = {value: Words(en=str(value), de=str(value)) for value in Goal.Kind.values}
_PURPOSES = {value: Words(en=str(value), de=str(value)) for value in Measure.Purpose.values}
_CHANNELS = {value: Words(en=str(value), de=str(value)) for value in Channel.values}

HEAD: tuple[Field, ...] = (
    Field("key", "key", Words(en="Short name", de="Kurzname"), required=True, maximum=60),
    Field("name", "words", Words(en="Name", de="Name"), required=True, minimum=1, maximum=120),
    Field("description", "words", Words(en="Description", de="Beschreibung"), maximum=1000),
    Field("goal", "choice", Words(en="Goal", de="Ziel"), required=True, choices=_GOALS),
    Field(
        "kpi",
        "key",
        Words(en="Figure that shows it", de="Kennzahl, an der es sich zeigt"),
        required=True,
    ),
    Field("purpose", "choice", Words(en="Purpose", de="Zweck"), default="marketing", choices=_PURPOSES),
    Field("channel", "choice", Words(en="Channel", de="Kanal"), default="email", choices=_CHANNELS),
    Field(
        "holdout",
        "share",
        Words(en="Holdout", de="Vergleichsgruppe"),
        Words(en="Share left untreated at random.", de="Anteil, der zufällig nichts bekommt."),
        default=0.1,
        maximum=0.9,
    ),
    Field(
        "topic",
        "key",
        Words(en="Topic", de="Thema"),
        Words(en="Who does not want it is left out.", de="Wer es nicht möchte, wird ausgelassen."),
        maximum=40,
    ),
    Field(
        "similar_goods",
        "flag",
        Words(en="Advertises own similar goods", de="Wirbt für eigene ähnliche Waren"),
        Words(
            en="§ 7 (3) UWG: then it may also go to buyers without consent, if the settings say since when they are told.",
            de="§ 7 Abs. 3 UWG: Dann darf sie auch ohne Einwilligung an Käufer gehen, wenn in den Einstellungen steht, seit "
            "wann sie darauf hingewiesen werden.",
        ),
        default=False,
    ),
    Field(
        "outcome_days",
        "duration",
        Words(en="Outcomes count for", de="Ergebnisse zählen"),
        default=30,
        minimum=1,
        maximum=730,
        unit="days",
    ),
)
REENTRY_RULES = {
    "once": Words(en="once", de="einmal"),
    "every_time": Words(en="every time (each order, each event)", de="jedes Mal (jede Bestellung, jedes Ereignis)"),
    "yearly": Words(en="once a year (each birthday)", de="einmal im Jahr (jeder Geburtstag)"),
    "after_days": Words(en="again after some days", de="wieder nach einigen Tagen"),
}
REENTRY: tuple[Field, ...] = (
    Field("rule", "choice", Words(en="Enters", de="Nimmt teil"), required=True, choices=REENTRY_RULES),
    Field("days", "duration", Words(en="Again after", de="Wieder nach"), minimum=1, maximum=36500, unit="days"),
)
LEAVE_WHEN: tuple[Field, ...] = (
    Field("ordered", "flag", Words(en="Has ordered", de="Hat bestellt")),
    Field("event", "event_type", Words(en="This happened", de="Das ist geschehen")),
    Field("where", "data_rule", Words(en="And the event says", de="Und das Ereignis besagt")),
    Field("profile", "rule", Words(en="The profile says", de="Das Profil besagt")),
)
STOP: tuple[Field, ...] = (
    Field("after_days", "duration", Words(en="After", de="Nach"), minimum=1, maximum=36500, unit="days"),
    Field("after_customers", "number", Words(en="After customers", de="Nach Kunden"), minimum=1, maximum=10**9),
    Field("on", "date", Words(en="On", de="Am")),
)
PARTS: dict[str, tuple[Field, ...]] = {"reentry": REENTRY, "leave_when": LEAVE_WHEN, "stop": STOP}
REST = ("format", *PARTS, "trigger", "steps", "messages")


class Document:
    """A document that was found whole, with what kinds ask of the wording of a journey."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    @property
    def title(self) -> str:
        return text_in(self.values["name"], get_language() or "en")

    @property
    def description(self) -> str:
        """What the journey is for, in the active language; may be empty."""
        return text_in(self.values.get("description", ""), get_language() or "en")

    @property
    def message_names(self) -> dict[str, str]:
        """The name of each message in the active language."""
        locale = get_language() or "en"
        return {key: text_in(one.get("name") or key, locale) for key, one in self.values.get("messages", {}).items()}

    @property
    def message_channels(self) -> dict[str, str]:
        """The channel of each message."""
        return {key: one.get("channel", MAIL) for key, one in self.values.get("messages", {}).items()}

    def messages(self, name: str) -> list[Message]:
        """The message in each language. Raises Refused for one that is not there."""
        if name not in self.values.get("messages", {}):
            raise Refused(_("There is no message called “%(name)s” in this journey.") % {"name": name})
        return read_messages(self.values["messages"][name])


def wording_of(playbook: str, document: Mapping[str, Any]) -> Playbook | Document | None:
    """Who names what a published journey says: its playbook, else its document; None where neither is there any more."""
    return PLAYBOOKS.get(playbook) or (Document(document) if document else None)


def text_in(value: str | Mapping[str, str], locale: str) -> str:
    """A text of a document in `locale`, else in English, else in any language."""
    if isinstance(value, str):
        return value
    main = locale.split("-", maxsplit=1)[0]
    return value.get(main) or value.get("en") or next(iter(value.values()), "")


def of_playbook(playbook: Playbook, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a playbook with these settings, checked ones."""
    trigger = playbook.trigger(settings)
    reentry: dict[str, Any] = {"rule": playbook.reentry or "once"}
    if not playbook.reentry and playbook.again_after_days is not None:
        reentry = {"rule": "after_days", "days": playbook.again_after_days}
    document: dict[str, Any] = {
        "format": FORMAT,
        "key": playbook.key.replace("_", "-"),
        "name": dict(playbook.title.texts),
        "description": dict(playbook.description.texts),
        "goal": playbook.goal,
        "kpi": playbook.kpi,
        "purpose": playbook.purpose,
        "channel": playbook.channel,
        "holdout": float(playbook.holdout_share),
        "outcome_days": playbook.outcome_days,
        "reentry": reentry,
        "stop": {"after_days": playbook.stop_after_days},
        "trigger": {"kind": trigger.kind, **trigger.params},
        "steps": [{"key": one.key, "kind": one.kind, "params": dict(one.params)} for one in playbook.steps(settings)],
    }
    if playbook.ends_when:
        document["leave_when"] = {"ordered": True} if playbook.ends_when == "ordered" else {"event": playbook.ends_when}
    if playbook.message_names:
        document["messages"] = {
            name: {"name": dict(words.texts), **written_messages(playbook.messages(name))}
            for name, words in playbook.message_names.items()
        }
    return document


def checked(document: Any, most: int = 12) -> dict[str, Any]:
    """The document if nothing is wrong with it. Raises Refused with every problem and its place (up to `most`)."""
    found = problems(document)
    if found:
        lines = [str(one) for one in found[:most]]
        if len(found) > most:
            lines.append(_("and %(n)s more") % {"n": len(found) - most})
        raise Refused("\n".join(lines), code="not_valid")
    return dict(document)


def problems(document: Any) -> list[Problem]:
    """All that is wrong with a document, in its order; an empty list when it can be published."""
    too_big = size_problem(document)
    if too_big:
        return [Problem(_("the journey"), too_big)]
    return [*_head(document), *_trigger(document.get("trigger")), *_steps(document), *message_problems(document)]


def size_problem(document: Any) -> str:
    """Whether something is no document at all, or too large to be looked at; empty when it can be."""
    if not isinstance(document, Mapping):
        return _("a table with key, name, goal, trigger and steps is needed")
    steps = document.get("steps")
    if isinstance(steps, list) and len(steps) > MOST_STEPS:
        return _("it has %(n)s steps: at most %(most)s") % {"n": len(steps), "most": MOST_STEPS}
    if is_too_deep(document):
        return _("its tables are nested too deeply")
    try:
        size = len(json.dumps(document, allow_nan=False))
    except (TypeError, ValueError):
        return _("it holds a value that is neither text, number, yes or no, list nor table")
    if size > MOST_BYTES:
        return _("it has %(n)s bytes: at most %(most)s") % {"n": size, "most": MOST_BYTES}
    return ""


def _head(document: Mapping[str, Any]) -> Iterator[Problem]:
    known = {one.key: one for one in HEAD}
    if document.get("format", FORMAT) != FORMAT:
        yield Problem("format", _("this version reads format %(n)s") % {"n": FORMAT})
    for name in document:
        if name not in known and name not in REST:
            yield Problem(shown(name), _("is not part of a journey"))
    yield from field_problems(HEAD, {name: value for name, value in document.items() if name in known}, "")
    if document.get("purpose") == "service" and document.get("holdout", 0.1):
        yield Problem("holdout", _("service messages go to everybody: write holdout = 0"))
    for part, fields in PARTS.items():
        values = document.get(part)
        if values is None and part == "leave_when":
            continue
        if not isinstance(values, Mapping):
            yield Problem(part, _("a table is needed, with: %(names)s") % {"names": ", ".join(f.key for f in fields)})
            continue
        wrong = list(field_problems(fields, values, part))
        yield from wrong or _between(part, values)


def _between(part: str, values: Mapping[str, Any]) -> Iterator[Problem]:
    """What does not fit together in a part whose values fit one by one."""
    if part == "reentry" and (values["rule"] == "after_days") != ("days" in values):
        yield Problem(part, _("“days” belongs to the rule after_days, and only to it"))
    if part == "stop" and len(values) != 1:
        yield Problem(part, _("say when it ends: one of after_days, after_customers, on"))
    if part == "leave_when":
        asked = [name for name in ("ordered", "event", "profile") if values.get(name)]
        if len(asked) != 1 or ("where" in values and "event" not in values):
            yield Problem(part, _("say one of: ordered, event (with where, if wanted), profile"))


def _trigger(trigger: Any) -> Iterator[Problem]:
    kind = trigger.get("kind") if isinstance(trigger, Mapping) else None
    found = trigger_kinds().get(kind) if isinstance(kind, str) else None
    if found is None:
        words = _("there is no kind of trigger called “%(kind)s”; there are: %(kinds)s")
        yield Problem(_("trigger"), words % {"kind": shown(kind), "kinds": ", ".join(sorted(trigger_kinds()))})
        return
    place = _("trigger (%(kind)s)") % {"kind": kind}
    params = {name: value for name, value in trigger.items() if name != "kind"}
    for name, words in param_problems(found, params):
        yield Problem(place, words, name=name)


def _steps(document: Mapping[str, Any]) -> Iterator[Problem]:
    steps = document.get("steps")
    if not isinstance(steps, list) or not steps:
        yield Problem("steps", _("a journey needs a step"))
        return
    keys = [one.get("key") if isinstance(one, Mapping) else None for one in steps]
    places: dict[Any, int] = {}
    for number, one in enumerate(steps, start=1):
        key, kind = keys[number - 1], one.get("kind") if isinstance(one, Mapping) else None
        place = step_place(number, key, kind)
        if not isinstance(one, Mapping) or set(one) - {"key", "kind", "params"}:
            yield Problem(place, _("a step is a table of key, kind and its parameters"), number)
            continue
        if not isinstance(key, str) or not KEY.match(key) or len(key) > LONGEST_KEY:
            words = _("the key must be of small letters, digits, - and _, at most %(most)s")
            yield Problem(place, words % {"most": LONGEST_KEY}, number)
        elif key in places:
            words = _("two steps have the same key: step %(other)s is called so, too")
            yield Problem(place, words % {"other": places[key]}, number)
        places.setdefault(key if isinstance(key, str) else number, number)
        found = step_kinds().get(kind) if isinstance(kind, str) else None
        if found is None:
            words = _("there is no kind of step called “%(kind)s”; there are: %(kinds)s")
            yield Problem(place, words % {"kind": shown(kind), "kinds": ", ".join(sorted(step_kinds()))}, number)
        elif not isinstance(one.get("params", {}), Mapping):
            yield Problem(place, _("the parameters must be a table"), number)
        else:
            yield from _step(found, one.get("params", {}), place, number, keys, document)


def _step(
    kind: StepKind, params: Params, place: str, number: int, keys: list[Any], document: Mapping[str, Any]
) -> Iterator[Problem]:
    wrong = param_problems(kind, params)
    if wrong:
        yield from (Problem(place, words, number, name) for name, words in wrong)
        return
    for target in kind.targets(params):
        if target not in keys[number:]:
            words = _("“%(step)s” is not a later step: a journey only goes forward")
            yield Problem(place, words % {"step": target}, number, _name_of(kind, params, target))
    for earlier in kind.uses(params):
        if earlier not in keys[: number - 1]:
            words = _("“%(step)s” is not an earlier step")
            yield Problem(place, words % {"step": earlier}, number, _name_of(kind, params, earlier))
    messages = document.get("messages") if isinstance(document.get("messages"), Mapping) else {}
    for one in kind.fields:
        if one.kind == "message" and params.get(one.key) and params[one.key] not in (messages or {}):
            words = _("the journey has no message called “%(message)s”")
            yield Problem(place, words % {"message": params[one.key]}, number, one.key)


def _name_of(kind: StepKind | TriggerKind, params: Params, step: str) -> str:
    return next((one.key for one in kind.fields if params.get(one.key) == step), "")


def step_place(number: int, key: Any, kind: Any) -> str:
    """A step as an error names it: `step 3 “think” (wait)`."""
    return _("step %(number)s “%(key)s” (%(kind)s)") % {
        "number": number,
        "key": shown(key, 40),
        "kind": shown(kind, 40),
    }
