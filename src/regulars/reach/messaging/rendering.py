"""Compiles one template version once, and renders it for each customer.

`compile_source(Source(...))` → `Content`: subject, HTML and text as trees of constant text and placeholders, and the
addresses that can be tracked. A channel turns the trees into writers of its own (the SMTP channel into ready-encoded
MIME); `preview` renders them as text.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from html import escape

from django.utils.translation import gettext as _
from django.utils.translation import override

from regulars.core.errors import Refused

from . import layout
from .channel_kinds import ChannelKind, kind_of
from .expressions import Context, Problem
from .language import Nodes, address_of, lex, names_read, parse, placeholders, writer
from .look import HOUSE, Look
from .mjml_source import (
    add_open_pixel,
    check_nesting,
    check_safe,
    expand,
    join_blocks,
    mark,
    place_images,
    place_media,
    take_foot,
    take_links,
    to_html,
    tokens_of,
)
from .plain_source import plain_nodes
from .plain_text import plain_text

MAX_RENDERED = 1_000_000
"""Characters of one rendered part; more is refused, not sent."""

SYSTEM_NAMES = frozenset({"shop.name", "shop.address", "shop.url", "unsubscribe.url", "preferences.url", "open.url"})
"""Variables that the sender adds to each message."""


@dataclass(frozen=True, slots=True)
class Source:
    """What an author writes: `mjml` is a whole <mjml> document or the body alone, which then gets the house layout.

    `text` empty means: derived from the HTML. `name` and `locale` name the template in messages about its problems.
    `look`: the shop's brand, for the house layout. On a `channel` that says plain text, `text` is all, and `mjml` empty.
    """

    name: str
    locale: str
    subject: str
    mjml: str
    preheader: str = ""
    text: str = ""
    look: Look = HOUSE
    channel: str = "email"


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """One thing wrong in a template: where (part: subject, preheader, mjml, text; line from 1), and what."""

    template: str
    locale: str
    part: str
    line: int
    message: str

    def __str__(self) -> str:
        return _("%(template)s (%(locale)s), %(part)s, line %(line)s: %(message)s") % {
            "template": self.template,
            "locale": self.locale,
            "part": self.part,
            "line": self.line,
            "message": self.message,
        }

    @property
    def words(self) -> str:
        """The message, with the line of a text in which it stands, where that is not its first."""
        if self.part != "text" or self.line == 1:
            return self.message
        return _("Line %(line)s: %(message)s") % {"line": self.line, "message": self.message}


class TemplateRefused(Refused):
    """The template cannot be used; `problems` says why."""

    def __init__(self, problems: list[TemplateProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class RenderRefused(Exception):
    """This message cannot be rendered: a variable is missing, or it became too long."""


@dataclass(frozen=True, slots=True)
class Content:
    """A compiled template version: trees for each part; `links[i]` is the plain address of link i; `names` it reads.

    `html` is empty on channels that say plain text.
    """

    locale: str
    subject: Nodes
    html: Nodes
    text: Nodes
    links: tuple[Nodes, ...]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """One rendered message."""

    subject: str
    html: str
    text: str


def compile_source(source: Source, known: Collection[str] | None, own_origin: str) -> Content:
    """Compiles and checks. `known`: the variables that exist (None: not checked); `own_origin`: scheme and host of the
    installation.

    Raises TemplateRefused with every problem that was found.
    """
    problems: list[TemplateProblem] = []

    def problem(part: str, found: Problem) -> None:
        problems.append(TemplateProblem(source.name, source.locale, part, max(1, found.line), found.message))

    subject: Nodes = ()
    html: Nodes = ()
    text: Nodes = ()
    links: list[Nodes] = []
    kind = kind_of(source.channel)
    try:
        subject = parse(lex(" ".join(source.subject.split()))) if kind.has_subject else ()
    except Problem as found:
        problem("subject", found)
    body = "mjml" if kind.is_mail else "text"
    try:
        html, text, links = _body(source, own_origin) if kind.is_mail else _plain(source, kind)
    except Problem as found:
        problem(body, found)
    try:
        preheader = parse(lex(source.preheader))
    except Problem as found:
        problem("preheader", found)
        preheader = ()
    if source.text and kind.is_mail:
        try:
            text = parse(lex(source.text.replace("\r\n", "\n"), trim_lines=True))
        except Problem as found:
            problem("text", found)
    parts = {"subject": subject, "preheader": preheader, "mjml": html, "text": text if source.text else ()}
    read = {name for nodes in parts.values() for name, _line in names_read(nodes)}
    if known is not None:
        for part, nodes in parts.items():
            in_preheader = {name for name, _line in names_read(preheader)} if part == "mjml" else set()
            for name, line in dict(names_read(nodes)).items():
                if name not in known and name not in SYSTEM_NAMES and name not in in_preheader:
                    problem(part, Problem(line, _unknown(name, known)))
    if problems:
        raise TemplateRefused(problems)
    return Content(source.locale, subject, html, text, tuple(links), frozenset(read))


def _unknown(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, known, n=1)
    if close:
        return _("There is no variable “%(name)s”. Did you mean “%(close)s”?") % {"name": name, "close": close[0]}
    return _("There is no variable “%(name)s”.") % {"name": name}


def _plain(source: Source, kind: ChannelKind) -> tuple[Nodes, Nodes, list[Nodes]]:
    """The text of a channel without HTML, and its links."""
    if not source.text.strip():
        raise Problem(1, _("The text is empty."))
    text, links = plain_nodes(source.text, tracks_links=kind.tracks_links)
    return (), text, links


def _body(source: Source, own_origin: str) -> tuple[Nodes, Nodes, list[Nodes]]:
    """HTML and derived text of the source, and its links."""
    written = lex(source.mjml)
    parse(written)
    check_nesting(written)
    written, foot = take_foot(written)
    with override(source.locale):
        partials, document = layout.partials(source.look), layout.document(source.locale, source.look, foot)
    tokens = expand(written, partials)
    if not source.mjml.lstrip().startswith("<mjml"):
        tokens = expand(document, {**partials, "body": tokens, "preheader": lex(source.preheader)})
    tokens = place_media(tokens, own_origin)
    html = to_html(mark(tokens))
    check_safe(html, own_origin)
    html, links = take_links(html, tokens)
    html = place_images(html, tokens)
    text = join_blocks(plain_text(html), tokens)
    html = add_open_pixel(html, tokens)
    return parse(tokens_of(html, tokens)), parse(tokens_of(text, tokens)), links


def html_value(value: str, place: str, own_origin: str = "") -> str:
    """A value as it may stand in HTML; an image address that is not ours becomes an empty one."""
    if place == "image" and not value.startswith((own_origin + "/", "data:image/")):
        return ""
    return escape(value)


def preview(
    content: Content,
    values: Context,
    own_origin: str = "",
    link: Callable[[int, Context], str | None] | None = None,
) -> Preview:
    """Renders one message, with plain links unless `link` gives another address. Raises RenderRefused."""
    subject = _render(content.subject, values, lambda value, place: value)
    html = _render(content.html, values, lambda value, place: html_value(value, place, own_origin), link)
    text = _render(content.text, values, lambda value, place: value, link)
    return Preview(" ".join(subject.split()), html, text)


def line(source: str, values: Context) -> str:
    """One line of source (a subject, a preview text) with its values; what cannot be read or has none becomes “…”."""
    try:
        return " ".join(_render(parse(lex(source)), values, lambda value, place: value).split())
    except (Problem, RenderRefused):
        return " ".join("".join("…" if is_hole else part for part, is_hole in placeholders(source)).split())


def _render(
    nodes: Nodes, values: Context, encode: object, link: Callable[[int, Context], str | None] | None = None
) -> str:
    out: list[str] = []
    try:
        writer(nodes, lambda text: text, encode, link)(values, out)  # type: ignore[arg-type]
    except KeyError as missing:
        raise RenderRefused(_("The variable “%(name)s” has no value.") % {"name": missing.args[0]}) from None
    text = "".join(out)
    if len(text) > MAX_RENDERED:
        raise RenderRefused(_("The message became longer than %(limit)s characters.") % {"limit": MAX_RENDERED})
    return text


def link_addresses(content: Content, values: Mapping[str, object]) -> list[str]:
    """The plain address of each link for these values, by index."""
    return [address_of(plain)(values) for plain in content.links]
