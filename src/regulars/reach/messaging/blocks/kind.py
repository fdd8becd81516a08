"""`BlockKind`: what one kind of block is, which fields it has and which MJML becomes of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, ClassVar

from regulars.reach.messaging.look import HOUSE, Look

from .fields import Choice, Field

Values = Mapping[str, Any]
Lines = list[tuple[str, str]]
"""(line of MJML, id of the block it comes from): so that a problem in a line is shown at its block."""


@dataclass(frozen=True)
class Picture:
    """An image of the library, as blocks need it."""

    file: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True)
class Goods:
    """A product of the catalogue, as blocks need it. price: as shown, "" where unknown."""

    sku: str
    title: str
    price: str
    url: str


@dataclass(frozen=True)
class Composing:
    """What the kinds may look up while a template is composed. is_marked: each block can be found again in the mail."""

    locale: str
    look: Look = HOUSE
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    goods: Mapping[str, Goods] = field(default_factory=dict)
    is_marked: bool = False
    inside: "Callable[[Sequence[Mapping[str, Any]], str], Lines]" = lambda blocks, place: []


class BlockKind:
    """One kind of block.

    key: never renamed, drafts and versions name it. group: heading in the palette. slots: how many lists of blocks it
    holds. places: where it may stand ("body", "column"). A kind gives `elements` (MJML that stands in a column) or, where
    it needs more, `section` or `lines`.
    """

    key: ClassVar[str]
    title: ClassVar[Any]
    about: ClassVar[Any] = ""
    icon: ClassVar[str] = "square"
    group: ClassVar[str] = "content"
    order: ClassVar[int] = 50
    fields: ClassVar[tuple[Field, ...]] = ()
    slots: ClassVar[tuple[Any, ...]] = ()
    places: ClassVar[frozenset[str]] = frozenset({"body", "column"})
    is_once: ClassVar[bool] = False

    def elements(self, values: Values, composing: Composing) -> str:
        """MJML inside an mj-column."""
        raise NotImplementedError

    def section(self, values: Values, composing: Composing) -> str:
        """MJML inside the body: a section of one column."""
        inner = self.elements(values, composing)
        return f"<mj-section><mj-column>{inner}</mj-column></mj-section>" if inner else ""

    def lines(self, block: Mapping[str, Any], composing: Composing, place: str) -> Lines:
        """The block in its place ("body" or "column")."""
        make = self.elements if place == "column" else self.section
        source = make(block["values"], composing)
        return [(" ".join(source.split("\n")), block["id"])] if source else []

    def check(self, block: Mapping[str, Any], composing: Composing) -> None:
        """Raises FieldProblem for what its fields cannot see one by one."""

    def described(self) -> dict[str, Any]:
        """What the editor needs to offer it."""
        return {
            "key": self.key,
            "title": str(self.title),
            "about": str(self.about),
            "icon": self.icon,
            "group": self.group,
            "fields": [one.described() for one in self.fields],
            "slots": [str(one) for one in self.slots],
            "places": sorted(self.places),
            "once": self.is_once,
        }


def attribute(text: str) -> str:
    """Text as the value of an attribute; placeholders stay as they are."""
    return outside(text, lambda plain: escape(plain, quote=True))


def words(text: str) -> str:
    """One line of text between tags; placeholders stay as they are."""
    return outside(text, lambda plain: escape(plain, quote=False))


def outside(text: str, change: Callable[[str], str]) -> str:
    """`change` for what is no placeholder."""
    from regulars.reach.messaging.language import placeholders

    return "".join(part if is_placeholder else change(part) for part, is_placeholder in placeholders(text))


def align(default: str = "left") -> Choice:
    """The field that nearly every kind has."""
    from django.utils.translation import gettext_lazy as _

    return Choice(
        "align",
        _("Alignment"),
        default=default,
        choices=(("left", _("on the left")), ("center", _("centred")), ("right", _("on the right"))),
    )
