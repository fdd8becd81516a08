"""From MJML with placeholders to HTML with placeholders.

MJML knows nothing of placeholders, so each one travels through its compiler as a marker (two rare brackets around the
number of the token) and is put back afterwards. What comes out is checked: a mail loads nothing from a foreign host and
runs nothing.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _
from mjml import mjml2html

from .addresses import SCHEMES
from .expressions import Problem
from .language import Link, Nodes, Token, Value, parse

OPEN, CLOSE = "\u29d8", "\u29d9"
MARK = re.compile(f"{OPEN}(\\d+){CLOSE}")

_BLOCK_LINES = re.compile(f"(?m)^((?:{OPEN}\\d+{CLOSE})+)\n+")
UNTRACKED = frozenset({"unsubscribe.url", "preferences.url"})
"""Addresses that are never led through a tracked link."""

_INCLUDE = re.compile(r"<mj-include\s+path=\"([^\"]*)\"\s*/>")
_TAG = re.compile(r"<!--.*?-->|<(/?)([A-Za-z][\w-]*)((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.DOTALL)
_FOOT, _FOOT_END = "<mj-foot>", "</mj-foot>"
_BRACES = {"value": "{{ %s }}", "block": "{%% %s %%}", "comment": "{# %s #}"}
_MEDIA = re.compile(r"([\"'])media:([A-Za-z0-9_-]{16,40}\.(?:png|jpg|gif))(?=[\"'])")
_CONTAINERS = {"mjml", "mj-body", "mj-wrapper", "mj-section", "mj-column", "mj-group", "mj-hero"}
_HREF = re.compile(r"(<a(?:rea)?\s(?:[^>\"']|\"[^\"]*\"|'[^']*')*?)\bhref\s*=\s*(\"[^\"]*\"|'[^']*')")
_LOADED = re.compile(r"\b(src|srcset|background|poster|data|action)\s*=\s*(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_CSS_ADDRESS = re.compile(r"url\(\s*['\"]?([^'\")\s]*)", re.IGNORECASE)
_FORBIDDEN = re.compile(
    r"<(script|link|iframe|object|embed|form|input|base|svg|video|audio)\b|@import|\son[a-z]+\s*=", re.IGNORECASE
)
_STYLED = re.compile(r"style\s*=\s*(?:\"[^\"]*\"|'[^']*')|<style\b.*?</style>", re.DOTALL | re.IGNORECASE)


def expand(tokens: Sequence[Token], partials: Mapping[str, Sequence[Token]]) -> list[Token]:
    """Each `<mj-include path="NAME" />` replaced by the tokens of that partial. Raises Problem for an unknown one."""
    expanded: list[Token] = []
    for token in tokens:
        if token.kind != "text":
            expanded.append(token)
            continue
        at, line = 0, token.line
        for found in _INCLUDE.finditer(token.body):
            before = token.body[at : found.start()]
            expanded.append(Token("text", before, line))
            line += before.count("\n")
            if found[1] not in partials:
                raise Problem(line, _("There is no block “%(name)s” to include.") % {"name": found[1][:40]})
            expanded.extend(partials[found[1]])
            line += found[0].count("\n")
            at = found.end()
        expanded.append(Token("text", token.body[at:], line))
    return [token for token in expanded if token.body or token.kind != "text"]


def take_foot(tokens: Sequence[Token]) -> tuple[list[Token], str | None]:
    """The tokens without `<mj-foot>WORDS</mj-foot>`, and the words (None where there is no such element)."""
    left: list[Token] = []
    words: list[str] | None = None
    inside = False
    for token in tokens:
        body = token.body
        if token.kind != "text":
            if inside and words is not None:
                words.append(_BRACES[token.kind] % body)
            else:
                left.append(token)
            continue
        if not inside and _FOOT in body:
            before, _mark, body = body.partition(_FOOT)
            left.append(Token("text", before, token.line))
            inside, words = True, []
        if inside and words is not None:
            said, end, body = body.partition(_FOOT_END)
            words.append(said)
            inside = not end
            if inside:
                continue
        left.append(Token("text", body, token.line))
    if inside:
        raise Problem(tokens[-1].line, _("<%(name)s> is never closed.") % {"name": "mj-foot"})
    return left, "".join(words).strip() if words is not None else None


def place_media(tokens: Sequence[Token], own_origin: str) -> list[Token]:
    """`media:FILE` in an attribute becomes the address at which we serve that file."""
    return [
        Token("text", _MEDIA.sub(rf"\1{own_origin}/m/\2", token.body), token.line) if token.kind == "text" else token
        for token in tokens
    ]


def check_nesting(tokens: Sequence[Token]) -> None:
    """Raises Problem with its line for an MJML element that is not closed, or closed where it is not open."""
    open_tags: list[tuple[str, int]] = []
    # A value may stand inside a tag (an address), so the pieces are looked at together.
    source, starts = "", []
    for token in tokens:
        if token.kind == "text":
            starts.append((len(source), token.line))
            source += token.body
        elif token.kind == "value":
            source += OPEN
    for found in _TAG.finditer(source):
        name = (found[2] or "").lower()
        if not name.startswith("mj") or (found[3] or "").rstrip().endswith("/"):
            continue
        at, first_line = starts[max(bisect_right(starts, (found.start(), 1 << 30)) - 1, 0)]
        line = first_line + source[at : found.start()].count("\n")
        if not found[1]:
            open_tags.append((name, line))
        elif open_tags and open_tags[-1][0] == name:
            open_tags.pop()
        else:
            raise Problem(line, _("<%(name)s> is closed here but not open.") % {"name": name})
    if open_tags:
        raise Problem(open_tags[-1][1], _("<%(name)s> is never closed.") % {"name": open_tags[-1][0]})


def mark(tokens: Sequence[Token]) -> str:
    """The source with a marker for each token that is not text; between elements the marker gets its own mj-raw."""
    parts: list[str] = []
    between_elements = False
    for number, token in enumerate(tokens):
        if token.kind == "text":
            if OPEN in token.body or CLOSE in token.body:
                raise Problem(token.line, _("The template holds characters that it must not hold (U+29D8, U+29D9)."))
            parts.append(token.body)
            tags = list(_TAG.finditer(token.body))
            after = token.body[tags[-1].end() :] if tags else token.body
            if tags and tags[-1][2]:
                name, closing = tags[-1][2].lower(), bool(tags[-1][1]) or tags[-1][3].rstrip().endswith("/")
                between_elements = name in _CONTAINERS or (closing and name.startswith("mj-"))
            between_elements = between_elements and not after.strip() and "<" not in after
        elif token.kind != "comment":
            marker = f"{OPEN}{number}{CLOSE}"
            parts.append(f"<mj-raw>{marker}</mj-raw>" if between_elements else marker)
    return "".join(parts)


def to_html(marked: str) -> str:
    """MJML compiled to HTML, without any web font. Raises Problem for what the compiler refuses or does not know."""
    try:
        html: str = mjml2html(marked, fonts={})
    except ValueError as error:
        raise Problem(1, _("This is not valid MJML: %(reason)s.") % {"reason": str(error)}) from None
    unknown = re.search(r"<(mj-[\w-]+)", html)
    if unknown:
        raise Problem(1, _("MJML has no element <%(name)s> in this place.") % {"name": unknown[1]})
    return html


def check_safe(html: str, own_origin: str) -> None:
    """Raises Problem for what would run, or be loaded from elsewhere than `own_origin`, when the mail is opened."""
    forbidden = _FORBIDDEN.search(html)
    if forbidden:
        raise Problem(1, _("A mail must not hold “%(text)s”.") % {"text": forbidden[0].strip()})
    for found in _LOADED.finditer(html):
        _check_own(found[2][1:-1], own_origin)
    for found in _CSS_ADDRESS.finditer(html):
        _check_own(found[1], own_origin)
    for found in _STYLED.finditer(html):
        if OPEN in found[0]:
            raise Problem(1, _("A placeholder cannot stand inside a style."))


def _check_own(address: str, own_origin: str) -> None:
    if address and not address.startswith((own_origin + "/", "data:image/", "cid:", OPEN)):
        raise Problem(1, _("A mail loads nothing from another host: “%(address)s”.") % {"address": address[:80]})


def take_links(html: str, tokens: list[Token]) -> tuple[str, list[Nodes]]:
    """Replaces the address of each anchor by a marker of a Link token (appended to `tokens`); equal addresses share one
    link.

    Returns the HTML and the links' plain addresses by index. Raises Problem for an address that a mail must not open.
    """
    links: list[Nodes] = []
    numbers: dict[str, int] = {}

    def replace(found: re.Match[str]) -> str:
        address = found[2][1:-1].strip()
        if address not in numbers:
            plain = parse(in_place(tokens_of(address.replace("&amp;", "&"), tokens), "url"))
            if not address.startswith((OPEN, "#")) and not address.lower().startswith(SCHEMES):
                raise Problem(1, _("A link must start with https://, not “%(address)s”.") % {"address": address[:60]})
            numbers[address] = len(tokens)
            if address.startswith("#") or _is_untracked(plain):
                tokens.append(Token("node", "", 0, node=Link(-1, plain)))
            else:
                tokens.append(Token("node", "", 0, node=Link(len(links), plain)))
                links.append(plain)
        return f'{found[1]}href="{OPEN}{numbers[address]}{CLOSE}"'

    return _HREF.sub(replace, html), links


def _is_untracked(plain: Nodes) -> bool:
    return (
        len(plain) == 1
        and isinstance(plain[0], Value)
        and plain[0].expression.names[0:1] in {(name,) for name in UNTRACKED}
    )


def add_open_pixel(html: str, tokens: list[Token]) -> str:
    """An image of one pixel at the end of the body, shown only where `open.url` has a value (tracking consent)."""
    pieces = (
        Token("block", "if open.url", 0),
        Token("text", '<img src="', 0),
        Token("value", "open.url", 0, "image"),
        Token("text", '" width="1" height="1" alt="" style="display:block;border:0">', 0),
        Token("block", "endif", 0),
    )
    start = len(tokens)
    tokens.extend(pieces)
    marks = "".join(f"{OPEN}{number}{CLOSE}" for number in range(start, len(tokens)))
    head, end, tail = html.rpartition("</body>")
    return head + marks + end + tail


def join_blocks(text: str, tokens: Sequence[Token]) -> str:
    """Takes away the breaks after a line of blocks alone, so that a branch that is not shown leaves no hole in the
    text.
    """

    def join(found: re.Match[str]) -> str:
        blocks_alone = all(tokens[int(number)].kind == "block" for number in MARK.findall(found[1]))
        return found[1] if blocks_alone else found[0]

    return _BLOCK_LINES.sub(join, text)


def place_images(html: str, tokens: list[Token]) -> str:
    """Values in addresses that are loaded (images) become values of that place: only own images are let through."""

    def replace(found: re.Match[str]) -> str:
        def renumber(marker: re.Match[str]) -> str:
            token = tokens[int(marker[1])]
            tokens.append(Token(token.kind, token.body, token.line, "image"))
            return f"{OPEN}{len(tokens) - 1}{CLOSE}"

        return f"{found[1]}={found[2][0]}{MARK.sub(renumber, found[2][1:-1])}{found[2][0]}"

    return _LOADED.sub(replace, html)


def tokens_of(marked: str, tokens: Sequence[Token]) -> list[Token]:
    """Marked text as tokens again."""
    found: list[Token] = []
    for number, part in enumerate(MARK.split(marked)):
        if number % 2:
            found.append(tokens[int(part)])
        elif part:
            found.append(Token("text", part, 0))
    return found


def in_place(tokens: Sequence[Token], place: str) -> list[Token]:
    """Values of an address: the first, where it starts the address, may be a whole one (`url`); others are parts."""
    placed: list[Token] = []
    for token in tokens:
        if token.kind == "value":
            whole = place == "url" and not any(other.kind in ("text", "value") for other in placed)
            placed.append(Token("value", token.body, token.line, "url" if whole else "url_part"))
        else:
            placed.append(token)
    return placed
