"""Expressions of the placeholder language: names, literals, filters, comparisons, and, or, not. Each becomes one
function.

expression := and_part ("or" and_part)*           and_part := not_part ("and" not_part)*
not_part   := "not" not_part | comparison         comparison := filtered (("==" "!=" "<" "<=" ">" ">=") filtered)?
filtered   := primary ("|" filter)*               filter := name | name "(" literal ("," literal)* ")"
primary    := string | number | "true" | "false" | "none" | dotted name | "(" expression ")"
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

Context = Mapping[str, object]
"""Variable name (with its dots) → str, int, float, bool, None, or a list of flat dictionaries."""

Evaluate = Callable[[Context], object]

MAX_NESTING = 20
MAX_TEXT = 2_000
MAX_EXPRESSION = 500

_LEXEME = re.compile(
    r"""\s*(?:(?P<string>"[^"]*"|'[^']*')|(?P<number>-?\d{1,12}(?:\.\d{1,6})?)|(?P<name>[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*)"""
    r"""|(?P<sign>==|!=|<=|>=|<|>|\||\(|\)|,))"""
)
_WORDS = {"and", "or", "not", "true", "false", "none", "in", "if", "else"}
_CONSTANTS: dict[str, object] = {"true": True, "false": False, "none": None}


class Problem(Exception):
    """Something wrong in a template, with the line it stands in (1 = first)."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass(frozen=True, slots=True)
class Expression:
    """The names it reads, and the function that gives its value."""

    names: tuple[str, ...]
    evaluate: Evaluate


def show(value: object) -> str:
    """A value as the reader sees it: nothing for None and for whatever is neither text nor a number."""
    if type(value) is str:
        return value
    if value is None or isinstance(value, (list, tuple, dict)):
        return ""
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value)


def _default(value: object, text: object = "") -> object:
    return value if value not in (None, "", False) else text


def _truncate(value: object, limit: object = 80) -> object:
    text, most = show(value), max(1, min(int(limit), MAX_TEXT)) if isinstance(limit, int) else 80
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _picture(kind: str) -> Callable[..., object]:
    def address(value: object) -> object:
        from .barcodes import address as of

        return of(show(value), kind)

    return address


FILTERS: dict[str, tuple[Callable[..., object], int]] = {
    "default": (_default, 1),
    "truncate": (_truncate, 1),
    "upper": (lambda value: show(value).upper(), 0),
    "lower": (lambda value: show(value).lower(), 0),
    "capitalize": (lambda value: show(value)[:1].upper() + show(value)[1:], 0),
    "qr": (_picture("qr"), 0),
    "code128": (_picture("code128"), 0),
    "length": (lambda value: len(value) if isinstance(value, (list, tuple, str)) else 0, 0),
}
"""Filter → function and the most arguments it takes."""

_COMPARISONS: dict[str, Callable[[object, object], bool]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: _ordered(left, right) and left < right,  # type: ignore[operator]
    "<=": lambda left, right: _ordered(left, right) and left <= right,  # type: ignore[operator]
    ">": lambda left, right: _ordered(left, right) and left > right,  # type: ignore[operator]
    ">=": lambda left, right: _ordered(left, right) and left >= right,  # type: ignore[operator]
}


def _ordered(left: object, right: object) -> bool:
    """Only numbers with numbers and texts with texts have an order; all else compares false, never fails."""
    numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
    return numbers or (isinstance(left, str) and isinstance(right, str))


def parse_expression(source: str, line: int) -> Expression:
    """Reads `source`, wholly. Raises Problem with `line`."""
    if len(source) > MAX_EXPRESSION:
        raise Problem(line, _("The expression is longer than %(limit)s characters.") % {"limit": MAX_EXPRESSION})
    reader = _Reader(source, line)
    expression = reader.either(0)
    if reader.kind != "end":
        raise reader.problem()
    return expression


def split_for(source: str, line: int) -> tuple[str, Expression]:
    """`item in order.lines` as the loop's name and the list. Raises Problem."""
    found = re.fullmatch(r"([A-Za-z][A-Za-z0-9_]*)\s+in\s+(.+)", source, re.DOTALL)
    if not found or found[1] in _WORDS:
        raise Problem(line, _("A loop is written “for entry in list”."))
    entries = parse_expression(found[2], line)
    if len(entries.names) != 1 or entries.names[0] != found[2].strip():
        raise Problem(
            line, _("A loop runs over a list variable, not over “%(text)s”.") % {"text": found[2].strip()[:40]}
        )
    return found[1], entries


def _name(path: str) -> Evaluate:
    """A dotted name is one key of the context; or its first part is a loop's entry, which is a flat dictionary."""
    first, _dot, rest = path.partition(".")
    if not rest:
        return lambda context: context[path]

    def look_up(context: Context) -> object:
        if path in context:
            return context[path]
        entry = context.get(first)
        if isinstance(entry, Mapping):
            return entry.get(rest)
        raise KeyError(path)

    return look_up


class _Reader:
    def __init__(self, source: str, line: int) -> None:
        self.line = line
        self.lexemes: list[tuple[str, str]] = []
        at = 0
        end = len(source.rstrip())
        while at < end:
            found = _LEXEME.match(source, at)
            if not found or not found.lastgroup:
                raise Problem(line, _("Cannot read “%(text)s”.") % {"text": source[at : at + 40].strip()})
            self.lexemes.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        self.at = 0

    @property
    def kind(self) -> str:
        return self.lexemes[self.at][0] if self.at < len(self.lexemes) else "end"

    @property
    def text(self) -> str:
        return self.lexemes[self.at][1] if self.at < len(self.lexemes) else ""

    def problem(self) -> Problem:
        if self.kind == "end":
            return Problem(self.line, _("The placeholder is empty or ends too early."))
        return Problem(self.line, _("Cannot read “%(text)s”.") % {"text": self.text[:40]})

    def take(self, *texts: str) -> bool:
        """Steps over the next lexeme if it is one of these words or signs."""
        if self.kind in ("sign", "name") and self.text in texts:
            self.at += 1
            return True
        return False

    def either(self, depth: int) -> Expression:
        if depth > MAX_NESTING:
            raise Problem(self.line, _("The expression is nested too deeply."))
        left = self.both(depth)
        while self.take("or"):
            right = self.both(depth)
            left = Expression(left.names + right.names, _or(left.evaluate, right.evaluate))
        return left

    def both(self, depth: int) -> Expression:
        left = self.negated(depth)
        while self.take("and"):
            right = self.negated(depth)
            left = Expression(left.names + right.names, _and(left.evaluate, right.evaluate))
        return left

    def negated(self, depth: int) -> Expression:
        turns = 0
        while self.take("not"):
            turns += 1
        inner = self.comparison(depth)
        if not turns:
            return inner
        evaluate, negative = inner.evaluate, turns % 2 == 1
        return Expression(inner.names, lambda context: bool(evaluate(context)) != negative)

    def comparison(self, depth: int) -> Expression:
        left = self.filtered(depth)
        sign = self.text
        if self.kind == "sign" and self.take(*_COMPARISONS):
            right = self.filtered(depth)
            compare, of_left, of_right = _COMPARISONS[sign], left.evaluate, right.evaluate
            return Expression(left.names + right.names, lambda context: compare(of_left(context), of_right(context)))
        return left

    def filtered(self, depth: int) -> Expression:
        expression = self.primary(depth)
        while self.take("|"):
            name = self.text
            if self.kind != "name" or name not in FILTERS:
                raise Problem(self.line, _("Unknown filter “%(name)s”.") % {"name": name[:40]})
            self.at += 1
            apply, most = FILTERS[name]
            arguments = self.arguments()
            if len(arguments) > most:
                raise Problem(self.line, _("The filter “%(name)s” takes fewer arguments.") % {"name": name})
            expression = Expression(expression.names, _filter(apply, expression.evaluate, arguments))
        return expression

    def arguments(self) -> tuple[object, ...]:
        if not self.take("("):
            return ()
        found: list[object] = []
        while not self.take(")"):
            found.append(self.literal())
            if not self.take(",") and self.text != ")":
                raise self.problem()
        return tuple(found)

    def literal(self) -> object:
        kind, text = self.kind, self.text
        self.at += 1
        if kind == "string":
            return text[1:-1]
        if kind == "number":
            return float(text) if "." in text else int(text)
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        self.at -= 1
        raise self.problem()

    def primary(self, depth: int) -> Expression:
        if self.take("("):
            inner = self.either(depth + 1)
            if not self.take(")"):
                raise self.problem()
            return inner
        if self.kind == "name" and self.text not in _WORDS:
            path = self.text
            self.at += 1
            return Expression((path,), _name(path))
        constant = self.literal()
        return Expression((), lambda context: constant)


def _or(left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda context: left(context) or right(context)


def _and(left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda context: left(context) and right(context)


def _filter(apply: Callable[..., object], evaluate: Evaluate, arguments: tuple[object, ...]) -> Evaluate:
    return lambda context: apply(evaluate(context), *arguments)
