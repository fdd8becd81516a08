"""The source of channels that say plain text: the same placeholders as in mails, and the web addresses that it holds."""

import re

from django.utils.translation import gettext as _

from .expressions import Problem
from .language import Link, Nodes, Token, lex, parse
from .mjml_source import CLOSE, MARK, OPEN, in_place, tokens_of

_ADDRESS = re.compile(rf"https?://[^\s<>\"{OPEN}]*(?:{OPEN}\d+{CLOSE}[^\s<>\"{OPEN}]*)*", re.IGNORECASE)
_TRAILING = re.compile(r"[.,;:!?)\]}’”»]+$")


def plain_nodes(source: str, *, tracks_links: bool) -> tuple[Nodes, list[Nodes]]:
    """The tree of a plain text, and its web addresses by index: what starts with https:// or http://, up to a blank.

    The sign that ends a sentence is no part of an address. An address stays as it is written where links are not tracked.
    Raises Problem with the line of what is wrong.
    """
    tokens = lex(source.replace("\r\n", "\n"), trim_lines=True)
    parse(tokens)
    links: list[Nodes] = []
    numbers: dict[str, int] = {}

    def replace(found: re.Match[str]) -> str:
        address = _up_to_block(found[0], tokens)
        ending = _TRAILING.search(address)
        address = address[: ending.start()] if ending else address
        if address not in numbers:
            plain = parse(in_place(tokens_of(address, tokens), "url"))
            numbers[address] = len(tokens)
            tokens.append(Token("node", "", 0, node=Link(len(links) if tracks_links else -1, plain)))
            links.append(plain)
        return f"{OPEN}{numbers[address]}{CLOSE}{found[0][len(address) :]}"

    marked = _ADDRESS.sub(replace, _marked(tokens))
    return parse(tokens_of(marked, tokens)), links


def _up_to_block(address: str, tokens: list[Token]) -> str:
    """A block ends an address, so that no branch begins inside of one and ends outside; values belong to it."""
    ends = (found.start() for found in MARK.finditer(address) if tokens[int(found[1])].kind != "value")
    return address[: next(ends, len(address))]


def _marked(tokens: list[Token]) -> str:
    """The source with a marker for each token that is not text."""
    parts: list[str] = []
    for number, token in enumerate(tokens):
        if token.kind != "text":
            parts.append(f"{OPEN}{number}{CLOSE}")
        elif OPEN in token.body or CLOSE in token.body:
            raise Problem(token.line, _("The template holds characters that it must not hold (U+29D8, U+29D9)."))
        else:
            parts.append(token.body)
    return "".join(parts)
