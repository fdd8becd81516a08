"""The picture of a journey: its tree with titles, words, problems and, while it runs, counts. Made for a template."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .document import HEAD, Document
from .figures import StepFigures
from .flow import Flow, Node, Way, nodes
from .kinds import Wording, param_problems, step_kinds, trigger_kinds
from .playbook import MAIL
from .problems import Problem


@dataclass
class Step:
    """A step as it is drawn. figures: of a running version. way_out: whether who is here may go on below."""

    key: str
    kind: str
    number: int
    icon: str
    title: str
    text: str
    way_out: bool
    problems: list[Problem] = field(default_factory=list)
    ways: "list[Branch]" = field(default_factory=list)
    figures: StepFigures | None = None
    after: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether the ways stand side by side; else each is a word beside the fork."""
        return any(way.steps for way in self.ways)

    @property
    def is_even(self) -> bool:
        """Whether the ways are drawn equally wide: where some end, the line from the others leads to the middle of all."""
        return len({way.meets for way in self.ways}) == 2


@dataclass
class Branch:
    """A way of a fork as it is drawn. goes_to: the words of where it leads, where that is not below the fork.

    joins: on which sides of its middle (left, right) the line runs on which the ways meet.
    """

    name: str
    title: str
    place: str
    steps: list[Step]
    goes_to: str
    meets: bool
    share: float | None = None
    joins: str = ""


@dataclass(frozen=True)
class Picture:
    """The whole journey as it is drawn."""

    trigger: Mapping[str, Any]
    steps: list[Step]
    problems: list[Problem]


def way_title(kind: str, way: Way) -> str:
    """What is written at a way."""
    if kind == "split":
        share = f" · {round(100 * way.share, 1):g} %" if isinstance(way.share, int | float) else ""
        return f"{way.name.upper()}{share}"
    if kind == "wait_for":
        return _("It happened") if way.name == "then" else _("Time is up")
    return _("Yes") if way.name == "then" else _("No")


def said(problem: Problem) -> str:
    """A problem as the editor says it, where the picture shows the place: without the names of the text file."""
    if problem.step is not None:
        return _("Step %(number)s: %(words)s") % {"number": problem.step, "words": problem.words}
    label = next((str(one.label) for one in HEAD if one.key == problem.place), "")
    return f"{label}: {problem.words}" if label else capfirst(problem.words)


def draw(
    document: Mapping[str, Any],
    flow: Flow,
    problems: Iterable[Problem] = (),
    figures: Mapping[str, StepFigures] | None = None,
) -> Picture:
    """The picture of a document's flow."""
    wording = _Wording(document)
    by_step: dict[int, list[Problem]] = {}
    general, of_trigger = [], []
    for one in problems:
        if one.step is not None:
            by_step.setdefault(one.step, []).append(one)
        elif one.place.startswith(_("trigger")):
            of_trigger.append(one)
        else:
            general.append(one)
    painter = _Painter(document, flow, wording, by_step, figures or {})
    steps = painter.steps(flow)
    return Picture(painter.trigger(of_trigger), steps, general)


class _Wording(Document):
    @property
    def title(self) -> str:
        name = self.values.get("name")
        return super().title if isinstance(name, str | Mapping) and name else ""

    @property
    def message_names(self) -> dict[str, str]:
        try:
            return super().message_names
        except (AttributeError, TypeError):
            return {}

    @property
    def message_channels(self) -> dict[str, str]:
        try:
            return {key: str(channel) for key, channel in super().message_channels.items()}
        except (AttributeError, TypeError):
            return {}


class _Painter:
    def __init__(
        self,
        document: Mapping[str, Any],
        flow: Flow,
        wording: Wording,
        problems: Mapping[int, list[Problem]],
        figures: Mapping[str, StepFigures],
    ) -> None:
        self.document, self.wording, self.figures = document, wording, figures
        listed = document.get("steps", [])
        self.params = {one["key"]: one.get("params", {}) for one in listed}
        self.problems = {one["key"]: problems.get(number, []) for number, one in enumerate(listed, start=1)}
        self.order = {one.key: number for number, one in enumerate(nodes(flow), start=1)}
        self.titles = {one.key: self._title(one) for one in nodes(flow)}

    def trigger(self, problems: list[Problem]) -> dict[str, Any]:
        """The trigger as it is drawn."""
        trigger = self.document.get("trigger")
        params = dict(trigger) if isinstance(trigger, Mapping) else {}
        kind = trigger_kinds().get(str(params.pop("kind", "")))
        if kind is None:
            return {"icon": "zap", "title": _("Trigger"), "text": _("not chosen yet"), "problems": problems}
        text = str(kind.title) if problems else kind.describe(params, self.wording)
        return {"icon": kind.icon, "title": kind.title, "text": text, "problems": problems}

    def steps(self, flow: Flow) -> list[Step]:
        return [self._step(one) for one in flow]

    def _title(self, node: Node) -> str:
        kind = step_kinds().get(node.kind)
        return str(kind.title) if kind else node.kind

    def _step(self, node: Node) -> Step:
        kind = step_kinds().get(node.kind)
        ways = [self._way(node, way) for way in node.ways]
        _join(ways)
        ends = node.kind == "exit" or (bool(ways) and not any(way.meets for way in ways))
        return Step(
            key=node.key,
            kind=node.kind,
            number=self.order[node.key],
            icon=kind.icon if kind else "circle-help",
            title=self.titles[node.key],
            text=self._text(node),
            way_out=not ends and node.kind != "go_to",
            problems=self.problems.get(node.key, []),
            ways=ways,
            figures=self.figures.get(node.key),
            after=f"after:{node.key}",
        )

    def _text(self, node: Node) -> str:
        kind, params = step_kinds().get(node.kind), self.params.get(node.key, {})
        known = {one.key for one in kind.fields} if kind else set()
        # What was frozen holds more than was written: what the kind has made for it.
        params = {name: value for name, value in params.items() if name in known}
        if params.get("message"):
            params.pop("template", None)
        if kind is None or param_problems(kind, params):
            return _("not set up yet")
        if node.kind == "go_to":
            return self._named(params["to"])
        channel = self.wording.message_channels.get(params.get("message") or params.get("template") or "", MAIL)
        if node.kind == "send" and params.get("message") and channel == MAIL:
            return str(self.wording.message_names.get(params["message"], params["message"]))
        return kind.describe(params, self.wording)

    def _named(self, key: str) -> str:
        if key not in self.order:
            return _("“%(step)s”, which is not there") % {"step": key}
        return _("step %(number)s: %(title)s") % {"number": self.order[key], "title": self.titles[key]}

    def _way(self, node: Node, way: Way) -> Branch:
        steps = self.steps(way.steps)
        return Branch(
            name=way.name,
            title=way_title(node.kind, way),
            place=f"way:{node.key}:{way.name}",
            steps=steps,
            goes_to=self._named(way.to) if way.to else "",
            meets=not way.to and (not steps or steps[-1].way_out),
            share=way.share,
        )


def _join(ways: list[Branch]) -> None:
    """Draws the line on which ways meet: from the outermost ones that do to the middle of all, half a way at a time."""
    middle = (len(ways) - 1) / 2
    places = [middle, *(number for number, way in enumerate(ways) if way.meets)]
    first, last = (min(places), max(places)) if len(places) > 1 else (middle, middle)
    for number, way in enumerate(ways):
        sides = {"left": (number - 0.5, number), "right": (number, number + 0.5)}
        way.joins = " ".join(side for side, (begin, end) in sides.items() if first <= begin and end <= last)


NOT_ADDED = {"go_to", "exit", "campaign_send", "pace", "winner"}
"""Kinds that are not offered: ways and ends have a place of their own, and campaigns are made on their own pages."""


def palette() -> list[dict[str, Any]]:
    """The kinds of steps that can be added, in the order in which people look for them."""
    order = ("send", "wait", "wait_for", "branch", "branch_event", "branch_score", "split", "issue_voucher")
    kinds = step_kinds()
    rest = sorted(key for key in kinds if key not in order and key not in NOT_ADDED)
    return [
        {"key": key, "icon": kinds[key].icon, "title": kinds[key].title, "help": HELP.get(key, lambda: "")()}
        for key in (*order, *rest, "exit")
        if key in kinds
    ]


HELP = {
    "send": lambda: _("A mail, an SMS, a call: what the template is for, once the gate allows it."),
    "wait": lambda: _("Days or hours, or until a certain hour or weekday."),
    "wait_for": lambda: _("Goes on as soon as something happens, or when the time is up."),
    "branch": lambda: _("Has ordered, or the profile says so: yes and no."),
    "branch_event": lambda: _("Did something happen since the start: yes and no."),
    "branch_score": lambda: _("By a score such as the risk of leaving."),
    "split": lambda: _("Sends customers several ways by lot, to compare them."),
    "issue_voucher": lambda: _("A code of the customer’s own, for a later mail."),
    "task": lambda: _("Something for a person to do, such as a call."),
    "invite": lambda: _("Puts the customer on the list of a gathering, before a mail asks them."),
    "before_gathering": lambda: _("Until some days before the gathering: for a reminder."),
    "branch_answer": lambda: _("By what the customer answered to a gathering: yes and no."),
    "webhook": lambda: _("Tells another program."),
    "tag": lambda: _("Marks the customer, or removes a mark."),
    "exit": lambda: _("Who comes here leaves the journey."),
}
