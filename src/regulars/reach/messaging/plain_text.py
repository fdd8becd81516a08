"""The text part of a mail, derived from its HTML: what a reader without HTML should see, in the same order."""

import re
from html.parser import HTMLParser

from .mjml_source import MARK

_BLOCKS = {"p", "div", "tr", "table", "h1", "h2", "h3", "h4", "ul", "ol", "blockquote", "body"}
_SILENT = {"head", "style", "title", "script", "noscript", "xml"}
_BLANKS = re.compile(r"[ \t\xa0\u200c\u034f]+")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0
        self.hidden: list[bool] = []
        self.link: tuple[str, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in _SILENT:
            self.silent += 1
        if tag == "div":
            self.hidden.append("display:none" in (values.get("style") or "").replace(" ", ""))
        if tag == "br":
            self.parts.append("\n")
        elif tag == "hr":
            self.parts.append("\n\n----------\n\n")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag in ("p", "h1", "h2", "h3", "h4", "tr") else "\n")
        elif tag == "img" and values.get("alt"):
            self._add(str(values["alt"]))
        elif tag == "a" and values.get("href"):
            self.link = (str(values["href"]), len(self.parts))

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        if tag == "div" and self.hidden:
            self.hidden.pop()
        if tag == "a" and self.link:
            address, start = self.link
            shown = "".join(self.parts[start:]).strip()
            if shown != address:
                self._add(f": {address} " if shown else address)
            self.link = None
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self._add(re.sub(r"\s+", " ", data))

    def handle_comment(self, data: str) -> None:
        # Blocks between sections come back inside the comments that only Outlook reads.
        self.parts.extend(f"\n{found[0]}\n" for found in MARK.finditer(data))

    def _add(self, text: str) -> None:
        if not self.silent and not any(self.hidden):
            self.parts.append(text)


def plain_text(html: str) -> str:
    """Readable text: headings and paragraphs apart by one blank line, links as `words: address`, list entries with a
    dash.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [_BLANKS.sub(" ", line).strip() for line in "".join(reader.parts).split("\n")]
    text: list[str] = []
    for line in lines:
        if line or (text and text[-1]):
            text.append(line)
    return "\n".join(text).strip() + "\n"
