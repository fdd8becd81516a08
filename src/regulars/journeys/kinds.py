"""Kinds of steps and triggers: each is one file in `steps/` or `triggers/`, found by folder.

A definition names them by key and gives each its parameters as plain values, so that it can be frozen as JSON. A kind
checks its parameters, prepares what it needs when a definition is published, and handles customers in batches.
"""

import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from regulars.core.errors import Refused

if TYPE_CHECKING:
    from regulars.core.models import Shop, Staff

    from .models import Enrolment, Journey
    from .playbook import Playbook

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Publication:
    """What a kind may need when a definition is published: the shop, the measure, the playbook with its messages."""

    shop: "Shop"
    measure: Any
    playbook: "Playbook"
    version: int
    now: datetime
    staff: "Staff | None"

    def key(self, part: str) -> str:
        """A short name of something made for this measure and version."""
        return f"{self.measure.key}-{part}" + (f"-v{self.version}" if self.version > 1 else "")


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


class StepKind(ABC):
    """What a step does. `required` and `optional` name its parameters; `title` and `icon` show it on pages."""

    key: ClassVar[str]
    title: ClassVar[Any]
    icon: ClassVar[str]
    required: ClassVar[frozenset[str]] = frozenset()
    optional: ClassVar[frozenset[str]] = frozenset()

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
        return []

    def uses(self, params: Params) -> list[str]:
        """Earlier steps that this one builds on."""
        return []

    @abstractmethod
    def describe(self, params: Params, playbook: "Playbook") -> str:
        """One line for the page of the measure, in the active language."""


class TriggerKind(ABC):
    """How customers come into a journey."""

    key: ClassVar[str]
    title: ClassVar[Any]
    icon: ClassVar[str]
    required: ClassVar[frozenset[str]] = frozenset()
    optional: ClassVar[frozenset[str]] = frozenset()
    takes_present: ClassVar[bool] = False

    @abstractmethod
    def audience(self, shop: "Shop", params: Params, now: datetime) -> Any:
        """QuerySet of the customers whom the trigger may take in within a year, for the count before the start."""

    @abstractmethod
    def describe(self, params: Params, playbook: "Playbook") -> str:
        """One line for the page of the measure, in the active language."""

    def prepare(self, publication: Publication, params: Params) -> dict[str, Any]:
        """Makes what the trigger needs, when the definition is published; returns the parameters to freeze."""
        return dict(params)

    def find(self, journey: "Journey", now: datetime, limit: int) -> "list[Entry] | None":
        """By the clock: up to `limit` customers who have to be taken in now and are not yet; None: it is too early to say."""
        return []


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


def check_params(kind: StepKind | TriggerKind, params: Params, place: str) -> None:
    """Raises Refused naming the place where a parameter is missing or unknown."""
    names = set(params)
    for missing in sorted(kind.required - names):
        raise Refused(f"{place}: the parameter “{missing}” is missing")
    for unknown in sorted(names - kind.required - kind.optional):
        raise Refused(f"{place}: there is no parameter “{unknown}”")
