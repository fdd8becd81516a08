"""Kinds of steps and triggers: each is one file in `steps/` or `triggers/`, found by folder.

A definition names them by key and gives each its parameters as plain values, so that it can be frozen as JSON. A kind
declares its parameters as `fields` (`fields.py`), prepares what it needs when a definition is published, and handles
customers in batches.
"""

import hashlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from django.utils.translation import gettext as _

from regulars.core.errors import Refused

from .fields import Field

if TYPE_CHECKING:
    from regulars.core.models import Shop, Staff

    from .models import Enrolment, Journey
    from .playbook import Message

Params = Mapping[str, Any]
LONGEST_NAME = 60
"""Of what is made for a measure: templates and offers."""


class Wording(Protocol):
    """What a journey says and how it is called: a Playbook, or the Document of a journey made by hand."""

    @property
    def title(self) -> Any: ...

    @property
    def message_names(self) -> Mapping[str, Any]: ...

    @property
    def message_channels(self) -> Mapping[str, str]: ...

    def messages(self, name: str) -> "list[Message]": ...


@dataclass(frozen=True)
class Publication:
    """What a kind may need when a definition is published: the shop, the measure, the wording with its messages.

    part: key of the step that is being prepared, empty for the trigger.
    """

    shop: "Shop"
    measure: Any
    playbook: Wording
    version: int
    now: datetime
    staff: "Staff | None"
    part: str = ""

    def key(self, part: str) -> str:
        """A short name of something made for this measure and version."""
        name = f"{self.measure.key}-{part}" + (f"-v{self.version}" if self.version > 1 else "")
        if len(name) <= LONGEST_NAME:
            return name
        return f"{name[: LONGEST_NAME - 13]}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


@dataclass(frozen=True)
class Batch:
    """Enrolments at the same step of the same journey. `following` is the step after this one, None at the end."""

    shop: "Shop"
    journey: "Journey"
    step: str
    params: Params
    following: str | None
    enrolments: "Sequence[Enrolment]"
    now: datetime

    def key(self, enrolment: "Enrolment", step: str | None = None) -> str:
        """The key of what this step does for one enrolment: the second time it is the same, so nothing is done twice."""
        return f"enrolment:{enrolment.pk}:{step or self.step}"

    def forward(self, enrolment: "Enrolment", due_at: datetime | None = None) -> "Move":
        """On to the following step, or out at the end of the journey."""
        return Move(enrolment, self.following, due_at or self.now, "" if self.following else "completed")


@dataclass(frozen=True)
class Move:
    """Where an enrolment goes: `to` a step at `due_at`, or out of the journey (`to` None) for a reason."""

    enrolment: "Enrolment"
    to: str | None
    due_at: datetime
    reason: str = ""


class Kind:
    """What steps and triggers share. `fields` are the parameters; `title`, `icon` and `says` show the kind on pages."""

    key: ClassVar[str]
    title: ClassVar[Any]
    icon: ClassVar[str]
    fields: ClassVar[Sequence[Field]] = ()

    def problems(self, params: Params) -> Iterator[tuple[str, str]]:
        """What is wrong between parameters that fit one by one: pairs of a parameter's name and words."""
        return iter(())

    def hears(self, params: Params) -> frozenset[str]:
        """Types of events that this trigger, or customers who wait at this step, have to be told of."""
        return frozenset()


class StepKind(Kind, ABC):
    """What a step does."""

    @abstractmethod
    def run(self, batch: Batch) -> list[Move]:
        """Does the step for treated customers, in the transaction that moves them. A constant number of queries."""

    def pass_over(self, batch: Batch) -> list[Move]:
        """Moves held-out customers on as if the step were done; nothing is done."""
        return [batch.forward(one) for one in batch.enrolments]

    def prepare(self, publication: Publication, params: Params) -> dict[str, Any]:
        """Makes what the step needs, when the definition is published; returns the parameters to freeze."""
        return dict(params)

    def targets(self, params: Params) -> list[str]:
        """Steps that this one may go to beside the following one."""
        return [to for one in self.fields if params.get(one.key) for to in one.targets(params[one.key])]

    def uses(self, params: Params) -> list[str]:
        """Earlier steps that this one builds on."""
        return [params[one.key] for one in self.fields if one.kind == "earlier_step" and params.get(one.key)]

    def goes_on(self, params: Params) -> bool:
        """Whether some customers go on to the following step."""
        return True

    @abstractmethod
    def describe(self, params: Params, playbook: Wording) -> str:
        """One line for the page of the measure, in the active language."""


class TriggerKind(Kind, ABC):
    """How customers come into a journey: by events they are named in, by occasions that concern many, or by the clock.

    takes_present: at the start those who fit already may be taken in. takes_members: it takes in all members of a segment,
    each time. keys_by_year: its entry keys name a year each. tells: groups of variables that its messages may say because
    of what took the customer in, such as a product; `values` gives them.
    """

    takes_present: ClassVar[bool] = False
    takes_members: ClassVar[bool] = False
    keys_by_year: ClassVar[bool] = False
    tells: ClassVar[Sequence[str]] = ()

    @abstractmethod
    def audience(self, shop: "Shop", params: Params, now: datetime) -> Any:
        """QuerySet of the customers whom the trigger may take in within a year, for the count before the start."""

    @abstractmethod
    def describe(self, params: Params, playbook: Wording) -> str:
        """One line for the page of the measure, in the active language."""

    def prepare(self, publication: Publication, params: Params) -> dict[str, Any]:
        """Makes what the trigger needs, when the definition is published; returns the parameters to freeze."""
        return dict(params)

    def find(self, journey: "Journey", now: datetime, limit: int) -> "list[Entry] | None":
        """By the clock: up to `limit` customers who have to be taken in now and are not yet; None: it is too early to say."""
        return []

    def entries(self, journey: "Journey", events: Sequence[Any], now: datetime) -> "list[Entry]":
        """The customers who come in because of these events of `hears` that name them. A constant number of queries."""
        return []

    def occasions(self, journey: "Journey", events: Sequence[Any], now: datetime) -> "list[Occasion]":
        """What these events of `hears` mean for many customers at once; they are taken in page by page."""
        return []

    def due_occasions(self, journey: "Journey", now: datetime) -> "list[Occasion]":
        """By the clock: what takes many customers in now. The same occasion may be named again; it is written once."""
        return []

    def page(self, journey: "Journey", data: Params, after: int, now: datetime, limit: int) -> "list[Entry] | Page":
        """Up to `limit` customers of an occasion with `data`, those with ids above `after`, by id."""
        return []

    def values(
        self, shop: "Shop", enrolments: "Sequence[Enrolment]", locales: Mapping[int, str], now: datetime
    ) -> dict[int, dict[str, Any]]:
        """The variables of `tells` for each enrolment, by its id. locales: of each customer. A constant number of queries."""
        return {}

    def example(self, shop: "Shop", params: Params, customer_id: int, locale: str, now: datetime) -> dict[str, Any]:
        """The variables of `tells` as if it took this customer in now, for a preview; empty where nothing is there."""
        return {}


@dataclass(frozen=True)
class Page:
    """A page of a trigger that looks at more customers than it takes in. after: up to whom it looked, None: to the end."""

    entries: "Sequence[Entry]"
    after: int | None


@dataclass(frozen=True)
class Occasion:
    """Something that takes many customers into a journey. key: the same occasion is written once."""

    key: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """A customer at the door of a journey. entry_key: the same key never lets a customer in twice."""

    customer_id: int
    entry_key: str
    due_at: datetime | None = field(default=None)


def _found(package: str, base: type) -> dict[str, Any]:
    kinds: dict[str, Any] = {}
    folder = import_module(f"regulars.journeys.{package}")
    for module in pkgutil.iter_modules(folder.__path__):
        for value in vars(import_module(f"{folder.__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, base) and "key" in vars(value):
                kinds[vars(value)["key"]] = value()
    return kinds


_STEPS: dict[str, StepKind] = {}
_TRIGGERS: dict[str, TriggerKind] = {}


def step_kinds() -> dict[str, StepKind]:
    """Every kind of step by key."""
    if not _STEPS:
        _STEPS.update(_found("steps", StepKind))
    return _STEPS


def trigger_kinds() -> dict[str, TriggerKind]:
    """Every kind of trigger by key."""
    if not _TRIGGERS:
        _TRIGGERS.update(_found("triggers", TriggerKind))
    return _TRIGGERS


def param_problems(kind: StepKind | TriggerKind, params: Params) -> list[tuple[str, str]]:
    """All that is wrong with parameters: pairs of a parameter's name and words that say the remedy."""
    found: list[tuple[str, str]] = []
    known = {one.key: one for one in kind.fields}
    for name in params:
        if name not in known:
            there = ", ".join(known) or "–"
            found.append((str(name)[:60], _("there is no such parameter; there are: %(names)s") % {"names": there}))
    for one in kind.fields:
        if one.key in params:
            found += [(one.key, words) for words in one.problems(params[one.key])]
        elif one.required:
            found.append((one.key, _("is missing: %(label)s") % {"label": one.label}))
    return found or list(kind.problems(params))


def check_params(kind: StepKind | TriggerKind, params: Params, place: str) -> None:
    """Raises Refused naming the place and each parameter that does not fit."""
    found = param_problems(kind, params)
    if found:
        raise Refused("; ".join(in_place(place, name, words) for name, words in found))


def in_place(place: str, name: str, words: str) -> str:
    """The line of an error: `step 3 “think” (wait), parameter hours: …`."""
    return _("%(place)s, parameter %(name)s: %(words)s") % {"place": place, "name": name, "words": words}
