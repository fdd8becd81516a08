"""The journey language: all that a playbook may import.

    class BirthdayGift(Playbook):
        key = "birthday_gift"
        title = Words(en="Birthday gift", de="Geburtstagsgeschenk")
        settings = (*voucher_settings(percent=10, minimum_value=0, valid_days=30), hour_setting(9))

        def trigger(self, s):
            return trigger("customer_date", date="birthday", hour=s["hour"])

        def steps(self, s):
            return [issue_voucher("gift", s), step("mail", "send", message="birthday", voucher="gift")]

A playbook lies in a folder of its own: `playbook.py`, `messages/NAME.LOCALE.mjml`, `README.md`, `tests/`. It is found by
that folder. What it says on other channels than e-mail is named in `message_channels` and lies in `messages/NAME.LOCALE.txt`:

        message_names = {"birthday": Words(…), "hint": Words(en="A short hint", de="Ein kurzer Hinweis")}
        message_channels = {"hint": "sms"}

Step keys are stable: they are part of the keys that keep a customer from getting anything twice.
"""

import pkgutil
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from sys import modules
from typing import Any, ClassVar

from regulars.core.errors import Refused

from .settings import (
    Category,
    Days,
    Hour,
    Money,
    Number,
    Percent,
    SegmentKey,
    Setting,
    Text,
    category_setting,
    hour_setting,
    voucher_settings,
)
from .words import Words

__all__ = [
    "Category", "Days", "Hour", "Message", "Money", "Number", "Percent", "Playbook", "SegmentKey", "Setting", "Settings",
    "Step", "Text", "Trigger", "Words", "category_setting", "hour_setting", "issue_voucher", "step", "trigger",
    "voucher_settings",
]  # fmt: skip

Settings = Mapping[str, Any]

_MESSAGE = re.compile(
    r"\A<!--\s*\nsubject:(?P<subject>[^\n]+)\npreheader:(?P<preheader>[^\n]*)\n-->\s*\n(?P<source>.*)\Z", re.DOTALL
)


_TEXT = re.compile(r"\A(?:<!--\s*\nsubject:(?P<subject>[^\n]+)\n-->\s*\n)?(?P<text>.*)\Z", re.DOTALL)
MAIL = "email"


@dataclass(frozen=True)
class Step:
    """One step: its stable key, its kind (a file in `journeys/steps/`), and its parameters as plain values."""

    key: str
    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trigger:
    """How customers come in: the kind (a file in `journeys/triggers/`) and its parameters as plain values."""

    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Message:
    """What a playbook says in one locale: subject, preheader, MJML source with placeholders; on another channel than e-mail
    its text, with a subject where the channel has one.
    """

    locale: str
    subject: str
    preheader: str
    source: str
    text: str = ""
    channel: str = MAIL


def step(key: str, kind: str, **params: Any) -> Step:
    """A step of a playbook."""
    return Step(key, kind, params)


def issue_voucher(key: str, s: Settings) -> Step:
    """The step that gives a customer a code of their own, as the settings of `voucher_settings` say."""
    return step(
        key,
        "issue_voucher",
        offer="percent",
        percent=s["percent"],
        minimum_value=s["minimum_value"],
        valid_days=s["valid_days"],
    )


def trigger(kind: str, **params: Any) -> Trigger:
    """The trigger of a playbook."""
    return Trigger(kind, params)


class Playbook(ABC):
    """A ready-made measure.

    goal: one of the six goals; kpi: the figure by which it is judged; channel and purpose: what the gate is asked at the door.
    again_after_days: how long after an entry a customer may enter again, None for never; reentry: "every_time" or "yearly"
    instead. ends_when: "ordered" lets customers leave as soon as they order, the type of an event as soon as that happens
    to them, "" lets them go on.
    outcome_days: days from assignment in which outcomes count.
    stop_after_days: the stop rule, days after which the measure ends by itself. message_channels: the channel of each message
    that is no mail. needs: what it cannot do without, by the names of `needs.py`. is_personal: a person does it, customer by
    customer.
    """

    key: ClassVar[str]
    title: ClassVar[Words]
    description: ClassVar[Words]
    why: ClassVar[Words]
    icon: ClassVar[str] = "route"
    purpose: ClassVar[str] = "marketing"
    channel: ClassVar[str] = "email"
    goal: ClassVar[str]
    kpi: ClassVar[str]
    settings: ClassVar[Sequence[Setting]] = ()
    holdout_share: ClassVar[str] = "0.1"
    outcome_days: ClassVar[int] = 30
    again_after_days: ClassVar[int | None] = None
    reentry: ClassVar[str] = ""
    ends_when: ClassVar[str] = ""
    stop_after_days: ClassVar[int] = 365
    message_names: ClassVar[Mapping[str, Words]] = {}
    message_channels: ClassVar[Mapping[str, str]] = {}
    needs: ClassVar[Sequence[str]] = ()
    is_personal: ClassVar[bool] = False

    @abstractmethod
    def trigger(self, s: Settings) -> Trigger:
        """How customers come in, given the settings."""

    @abstractmethod
    def steps(self, s: Settings) -> Sequence[Step]:
        """The steps in order, given the settings."""

    def defaults(self) -> dict[str, Any]:
        """The settings as they are before anybody changes them."""
        return {one.key: one.default for one in self.settings}

    def folder(self) -> Path:
        """Where the playbook lies."""
        return Path(str(modules[type(self).__module__].__file__)).parent

    def messages(self, name: str) -> list[Message]:
        """The message in every language. Raises Refused for one that has no file or no head.

        A mail's file starts with `<!--`, `subject: …`, `preheader: …`, `-->`, a line each; the rest is the body in MJML. On other
        channels the file is the text, which may start with `<!--`, `subject: …`, `-->`.
        """
        channel = self.message_channels.get(name, MAIL)
        found = [] if channel == MAIL else self._texts(name, channel)
        for file in sorted((self.folder() / "messages").glob(f"{name}.*.mjml")) if channel == MAIL else ():
            match = _MESSAGE.match(file.read_text("utf-8"))
            if not match:
                raise Refused(f"{file.name} does not start with <!--, subject:, preheader: and -->, a line each")
            locale = file.name.split(".")[1]
            found.append(Message(locale, match["subject"].strip(), match["preheader"].strip(), match["source"]))
        if not found:
            raise Refused(f"the playbook {self.key} has no message called {name}")
        return found

    def _texts(self, name: str, channel: str) -> list[Message]:
        found = []
        for file in sorted((self.folder() / "messages").glob(f"{name}.*.txt")):
            match = _TEXT.match(file.read_text("utf-8"))
            assert match is not None  # it matches anything
            subject = (match["subject"] or "").strip()
            found.append(Message(file.name.split(".")[1], subject, "", "", match["text"].strip(), channel))
        return found


PLAYBOOKS: dict[str, Playbook] = {}


def find_playbooks(package: str) -> None:
    """Registers every playbook below `package`: each folder with a `playbook.py` that holds one class."""
    folder = import_module(package)
    for child in pkgutil.iter_modules(folder.__path__):
        if not child.ispkg:
            continue
        dotted = f"{package}.{child.name}.playbook"
        for value in vars(import_module(dotted)).values():
            if isinstance(value, type) and issubclass(value, Playbook) and value.__module__ == dotted:
                register(value())


def register(playbook: Playbook) -> Playbook:
    """Makes a playbook known. The same class may come twice; two with one key may not."""
    there = PLAYBOOKS.get(playbook.key)
    if there is not None and type(there) is not type(playbook):
        raise ValueError(f"two playbooks are called {playbook.key!r}")
    PLAYBOOKS[playbook.key] = playbook
    return playbook


def playbook_of(key: str) -> Playbook:
    """The playbook with this key. Raises Refused when there is none."""
    if key not in PLAYBOOKS:
        raise Refused(f"there is no playbook called {key}")
    return PLAYBOOKS[key]
