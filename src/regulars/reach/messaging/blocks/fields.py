"""The fields of blocks: what an author fills in, with its label, its limits and its check."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from regulars.reach.messaging.addresses import SCHEMES

MAX_ANY = 20_000


class FieldProblem(Exception):
    """A value that cannot stay as it is, in words for the author."""


@dataclass(frozen=True)
class Field:
    """key: name of the value. label, help: translated. default: what a new block has."""

    kind: ClassVar[str] = "line"
    key: str
    label: Any
    default: Any = ""
    help: Any = ""
    is_required: bool = False

    def clean(self, value: object) -> Any:
        """The value in its type; what does not fit at all becomes the default (a draft may be incomplete)."""
        return value if isinstance(value, str) else self.default

    def check(self, value: Any) -> None:
        """Raises FieldProblem for a value that must not be published."""
        if self.is_required and value in ("", None, {}):
            raise FieldProblem(_("“%(field)s” is empty.") % {"field": self.label})

    def described(self) -> dict[str, Any]:
        """What the editor needs to draw it."""
        return {
            "key": self.key,
            "kind": self.kind,
            "label": str(self.label),
            "help": str(self.help),
            "default": self.default,
            "required": self.is_required,
        }


@dataclass(frozen=True)
class Line(Field):
    """One line of text; may hold placeholders."""

    limit: int = 200

    def clean(self, value: object) -> Any:
        return " ".join(value.split())[:MAX_ANY] if isinstance(value, str) else self.default

    def check(self, value: Any) -> None:
        super().check(value)
        if len(value) > self.limit:
            raise FieldProblem(
                _("“%(field)s” is longer than %(limit)s characters.") % {"field": self.label, "limit": self.limit}
            )

    def described(self) -> dict[str, Any]:
        return {**super().described(), "limit": self.limit}


@dataclass(frozen=True)
class Words(Line):
    """Several paragraphs with a little markup (`blocks.markup`) and placeholders."""

    kind: ClassVar[str] = "words"
    limit: int = 4000

    def clean(self, value: object) -> Any:
        return value.replace("\r\n", "\n")[:MAX_ANY] if isinstance(value, str) else self.default


@dataclass(frozen=True)
class Code(Words):
    """Source of the author's own."""

    kind: ClassVar[str] = "code"
    limit: int = 60_000

    def clean(self, value: object) -> Any:
        return value.replace("\r\n", "\n")[: self.limit + 1] if isinstance(value, str) else self.default


@dataclass(frozen=True)
class Address(Line):
    """Where a link leads."""

    kind: ClassVar[str] = "address"
    limit: int = 1000

    def check(self, value: Any) -> None:
        super().check(value)
        if value and not value.lower().startswith((*SCHEMES, "{{")):
            raise FieldProblem(_("“%(field)s” must start with https://.") % {"field": self.label})


@dataclass(frozen=True)
class Choice(Field):
    """One of a few."""

    kind: ClassVar[str] = "choice"
    choices: tuple[tuple[str, Any], ...] = ()

    def clean(self, value: object) -> Any:
        return value if value in {key for key, _label in self.choices} else self.default

    def described(self) -> dict[str, Any]:
        return {**super().described(), "choices": [[key, str(label)] for key, label in self.choices]}


@dataclass(frozen=True)
class Flag(Field):
    """Yes or no."""

    kind: ClassVar[str] = "flag"
    default: Any = False

    def clean(self, value: object) -> Any:
        return value if isinstance(value, bool) else self.default


@dataclass(frozen=True)
class Number(Field):
    """A whole number."""

    kind: ClassVar[str] = "number"
    default: Any = 0
    minimum: int = 0
    maximum: int = 100

    def clean(self, value: object) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            return self.default
        return min(max(value, self.minimum), self.maximum)

    def described(self) -> dict[str, Any]:
        return {**super().described(), "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True)
class Picture(Line):
    """A file of the shop's image library."""

    kind: ClassVar[str] = "picture"
    limit: int = 48


@dataclass(frozen=True)
class ProductChoice(Line):
    """A product of the catalogue, by its number."""

    kind: ClassVar[str] = "product"
    limit: int = 80


@dataclass(frozen=True)
class Condition(Field):
    """`{"name", "is", "value"}`: a variable, a comparison, and what it is compared with."""

    kind: ClassVar[str] = "condition"
    default: Any = None

    def clean(self, value: object) -> Any:
        if not isinstance(value, Mapping):
            return {}
        return {key: str(value.get(key, ""))[:200] for key in ("name", "is", "value")}

    def check(self, value: Any) -> None:
        super().check("" if not value.get("name") else value)
