"""The placeholder language of messages: what a template may say, and nothing else.

    {{ customer.first_name | default("there") }}
    {% if voucher.code and basket.count > 2 %} … {% elif … %} … {% else %} … {% endif %}
    {% for item in order.lines %} {{ item.title }} {% endfor %}          {# a comment #}

It reads like Jinja and is a true subset of it, but there is nothing in it to escape from: no calls, no attributes of
objects (a dotted name is one key of a flat dictionary, or a key of a loop's own entry), no arithmetic, no assignment.
It always ends: a loop runs over a list that was given, over `MAX_LOOP` entries at most, and loops nest
`MAX_DEPTH_LOOPS` deep.

`lex` cuts a source into tokens, `parse` makes a tree of them, `Node`s say which names they read, and `writer` turns the
tree into one function that appends encoded pieces to a list: what is constant is encoded once, when the template is
compiled.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.utils.translation import gettext as _

from .expressions import Context, Expression, Problem, parse_expression, show, split_for

MAX_LOOP = 50
MAX_DEPTH = 12
MAX_DEPTH_LOOPS = 2
MAX_SOURCE = 400_000

Piece = TypeVar("Piece")
Writer = Callable[[Context, list[Piece]], None]

_TOKEN = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\})", re.DOTALL)
_BLOCK_ON_ITS_OWN_LINE = re.compile(r"^[ \t]*(\{%[^\n]*?%\}|\{#[^\n]*?#\})[ \t]*\r?\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of source: kind is text, value, block, comment or node; `body` is without the braces; line counts from 1.

    `place` is that of a value; `node` is what a token of kind node stands for.
    """

    kind: str
    body: str
    line: int
    place: str = "text"
    node: "Node | None" = None


@dataclass(frozen=True, slots=True)
class Text:
    """Constant text."""

    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """A placeholder; `place` tells where it stands (text, url, url_part, image), which decides its escaping."""

    expression: Expression
    line: int
    place: str = "text"


@dataclass(frozen=True, slots=True)
class If:
    """Branches in order, each with its condition; the last may have none (`else`)."""

    branches: tuple[tuple[Expression | None, "Nodes"], ...]
    line: int


@dataclass(frozen=True, slots=True)
class For:
    """One run of `body` for each entry of the list."""

    name: str
    entries: Expression
    body: "Nodes"
    line: int


@dataclass(frozen=True, slots=True)
class Link:
    """An address: number `index` of the template's links (-1: never tracked), with its plain form as a tree."""

    index: int
    plain: "Nodes"


Node = Text | Value | If | For | Link
Nodes = tuple[Node, ...]


def lex(source: str, trim_lines: bool = False) -> list[Token]:
    """Cuts `source` into tokens. With `trim_lines` a block that stands alone on its line takes the line with it.

    Raises Problem with the line for braces that are not closed, or a source beyond `MAX_SOURCE` characters.
    """
    if len(source) > MAX_SOURCE:
        raise Problem(1, _("The template is longer than %(limit)s characters.") % {"limit": MAX_SOURCE})
    tokens: list[Token] = []
    line = 1
    if trim_lines:
        # The line break moves inside the comment that replaces it, so that lines are still counted right.
        source = _BLOCK_ON_ITS_OWN_LINE.sub(lambda found: found[1] + "{#\n#}", source)
    for part in _TOKEN.split(source):
        if not part:
            continue
        opening = part[:2]
        if opening in ("{{", "{%", "{#") and _TOKEN.fullmatch(part):
            kind = {"{{": "value", "{%": "block", "{#": "comment"}[opening]
            tokens.append(Token(kind, part[2:-2].strip(), line))
        else:
            for mark in ("{{", "{%", "{#"):
                if mark in part:
                    at = line + part[: part.index(mark)].count("\n")
                    raise Problem(at, _("A placeholder is opened with %(mark)s and never closed.") % {"mark": mark})
            tokens.append(Token("text", part, line))
        line += part.count("\n")
    return tokens


def placeholders(source: str) -> list[tuple[str, bool]]:
    """The source cut at its placeholders: (piece, whether it is one). Joined, the pieces are the source again."""
    return [(part, _TOKEN.fullmatch(part) is not None) for part in _TOKEN.split(source) if part]


def parse(tokens: Sequence[Token]) -> Nodes:
    """The tree of a complete token list. Raises Problem with the line of what is wrong."""
    parser = _Parser(tokens)
    nodes, _end = parser.nodes_until((), None, 0, 0)
    return nodes


class _Parser:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = [token for token in tokens if token.kind != "comment"]
        self.at = 0

    def nodes_until(
        self, ends: tuple[str, ...], opening: Token | None, depth: int, loops: int
    ) -> tuple[Nodes, Token | None]:
        """Nodes up to a block whose first word is in `ends`; the ending token, or None at the end of the source."""
        nodes: list[Node] = []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token.kind == "text":
                nodes.append(Text(token.body))
            elif token.kind == "value":
                nodes.append(Value(parse_expression(token.body, token.line), token.line, token.place))
            elif token.kind == "block":
                word = token.body.split(None, 1)[0] if token.body else ""
                if word in ends:
                    return tuple(nodes), token
                if depth >= MAX_DEPTH:
                    raise Problem(token.line, _("Blocks are nested too deeply."))
                if word == "if":
                    nodes.append(self._if(token, depth + 1, loops))
                elif word == "for":
                    if loops >= MAX_DEPTH_LOOPS:
                        raise Problem(token.line, _("Loops are nested too deeply."))
                    nodes.append(self._for(token, depth + 1, loops + 1))
                else:
                    raise Problem(token.line, _("Unknown block “%(block)s”.") % {"block": token.body[:40]})
            elif token.node is not None:
                nodes.append(token.node)
        if opening is not None:
            raise Problem(opening.line, _("A block is never closed: “%(end)s” is missing.") % {"end": ends[-1]})
        return tuple(nodes), None

    def _if(self, opening: Token, depth: int, loops: int) -> If:
        branches: list[tuple[Expression | None, Nodes]] = []
        condition: Expression | None = parse_expression(_after(opening), opening.line)
        while True:
            ends = ("elif", "else", "endif") if condition is not None else ("endif",)
            body, end = self._body(ends, opening, depth, loops)
            branches.append((condition, body))
            word = end.body.split(None, 1)[0]
            if word == "endif":
                return If(tuple(branches), opening.line)
            condition = parse_expression(_after(end), end.line) if word == "elif" else None

    def _for(self, opening: Token, depth: int, loops: int) -> For:
        name, entries = split_for(_after(opening), opening.line)
        body, _end = self._body(("endfor",), opening, depth, loops)
        return For(name, entries, body, opening.line)

    def _body(self, ends: tuple[str, ...], opening: Token, depth: int, loops: int) -> tuple[Nodes, Token]:
        body, end = self.nodes_until(ends, opening, depth, loops)
        assert end is not None
        return body, end


def _after(token: Token) -> str:
    """What follows the first word of a block."""
    parts = token.body.split(None, 1)
    return parts[1] if len(parts) > 1 else ""


def names_read(nodes: Nodes, local: frozenset[str] = frozenset()) -> list[tuple[str, int]]:
    """Every variable that the tree reads, with its line, in order of appearance; the names of loops are left out."""
    found: list[tuple[str, int]] = []

    def of(expression: Expression, line: int, known: frozenset[str]) -> None:
        found.extend((name, line) for name in expression.names if name.split(".", 1)[0] not in known)

    for node in nodes:
        if isinstance(node, Value):
            of(node.expression, node.line, local)
        elif isinstance(node, If):
            for condition, body in node.branches:
                if condition is not None:
                    of(condition, node.line, local)
                found.extend(names_read(body, local))
        elif isinstance(node, For):
            of(node.entries, node.line, local)
            found.extend(names_read(node.body, local | {node.name}))
        elif isinstance(node, Link):
            found.extend(names_read(node.plain, local))
    return found


def writer(
    nodes: Nodes,
    static: Callable[[str], Piece],
    value: Callable[[str, str], Piece],
    link: Callable[[int, Context], str | None] | None = None,
) -> Writer[Piece]:
    """One function that appends the pieces of the tree to a list.

    static: encodes constant text, called once, here. value: encodes a rendered value given its place, called for each
    message. link: the tracked address of link `index`, or None where the plain address is to be used. The function
    raises KeyError for a variable that is missing from the context.
    """
    steps = [_step(node, static, value, link) for node in _joined(nodes)]
    if len(steps) == 1:
        return steps[0]
    frozen = tuple(steps)

    def write(context: Context, out: list[Piece]) -> None:
        for step in frozen:
            step(context, out)

    return write


def _joined(nodes: Nodes) -> list[Node]:
    """Neighbouring texts as one, so that they are encoded as one."""
    joined: list[Node] = []
    for node in nodes:
        if isinstance(node, Text) and joined and isinstance(joined[-1], Text):
            joined[-1] = Text(joined[-1].text + node.text)
        else:
            joined.append(node)
    return joined


def _step(
    node: Node,
    static: Callable[[str], Piece],
    value: Callable[[str, str], Piece],
    link: Callable[[int, Context], str | None] | None,
) -> Writer[Piece]:
    if isinstance(node, Text):
        piece = static(node.text)
        return lambda context, out: out.append(piece)
    if isinstance(node, Value):
        place, evaluate = node.place, node.expression.evaluate
        return lambda context, out: out.append(value(show(evaluate(context)), place))
    if isinstance(node, Link):
        return _link_step(node, value, link)
    if isinstance(node, If):
        branches = tuple(
            (condition.evaluate if condition else None, writer(body, static, value, link))
            for condition, body in node.branches
        )

        def choose(context: Context, out: list[Piece]) -> None:
            for condition, body in branches:
                if condition is None or condition(context):
                    body(context, out)
                    return

        return choose
    name, entries, body = node.name, node.entries.evaluate, writer(node.body, static, value, link)

    def repeat(context: Context, out: list[Piece]) -> None:
        for entry in as_entries(entries(context)):
            body({**context, name: entry}, out)

    return repeat


def _link_step(
    node: Link, value: Callable[[str, str], Piece], link: Callable[[int, Context], str | None] | None
) -> Writer[Piece]:
    index, plain = node.index, address_of(node.plain)

    def write(context: Context, out: list[Piece]) -> None:
        tracked = link(index, context) if link and index >= 0 else None
        out.append(value(plain(context) if tracked is None else tracked, "address"))

    return write


def address_of(plain: Nodes) -> Callable[[Context], str]:
    """The plain address of a link as a function of the context: each value quoted for where it stands."""
    from .addresses import safe_address, url_value

    write: Writer[str] = writer(plain, lambda text: text, url_value)

    def address(context: Context) -> str:
        out: list[str] = []
        write(context, out)
        return safe_address("".join(out))

    return address


def as_entries(value: object) -> list[Mapping[str, object] | str | int]:
    """The entries of a list, `MAX_LOOP` at most; anything that is no list has none."""
    return list(value[:MAX_LOOP]) if isinstance(value, (list, tuple)) else []
