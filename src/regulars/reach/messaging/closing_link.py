"""Short messages that lead to one place: the last line of their text is a web address, with or without words before it.

    New in: three records by Nina Simone.
    Have a look: https://shop.example/new

A notification and a box on a page cannot show an address; they have one thing to press. So the last line becomes it.
"""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from .finding import ERROR, Finding

_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Closed:
    """text: what is read. label: the words before the address ("" = none). address: where it leads ("" = nowhere)."""

    text: str
    label: str = ""
    address: str = ""


def closing_link(text: str) -> Closed:
    """A rendered text, with the address of its last line apart."""
    body, _break, last = text.strip().rpartition("\n")
    found = _ADDRESS.search(last)
    if found is None or last[found.end() :].strip():
        return Closed(text.strip())
    return Closed(body.strip(), last[: found.start()].strip().rstrip(":→–- "), found[0])


def link_findings(locale: str, text: str) -> list[Finding]:
    """What is wrong with a rendered text: no words, more than one address, or one that does not end it."""
    closed = closing_link(text)
    if not closed.text:
        said = _("There is nothing to read above the link.")
        return [Finding(ERROR, "only_a_link", locale, "text", said, _("Write a sentence on the line above it."))]
    if _ADDRESS.search(closed.text) or (closed.address and _ADDRESS.search(closed.label)):
        said = _("This channel has one link, and it ends the text.")
        remedy = _("Put one web address on the last line, if you like with a few words before it.")
        return [Finding(ERROR, "more_than_a_link", locale, "text", said, remedy)]
    return []
