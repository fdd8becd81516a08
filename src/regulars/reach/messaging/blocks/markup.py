"""The little markup of texts: **bold**, *italic*, [words](address), lists, paragraphs. Placeholders stay untouched.

A blank line begins a paragraph, a line break stays one, lines that begin with `- ` are a list. Everything else is text:
no HTML comes through.
"""

import re
from html import escape

from regulars.reach.messaging.language import placeholders

_OPEN, _CLOSE = "\ue000", "\ue001"
_HELD = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_LINK = re.compile(r"\[([^\]\n]{1,300})\]\(([^()\s]{1,1000}(?:\([^()\s]{0,200}\)[^()\s]{0,1000})?)\)")
_BOLD = re.compile(r"\*\*(?=\S)(.{1,2000}?)(?<=\S)\*\*")
_ITALIC = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]{1,2000}?)(?<=\S)\*(?![\w*])")


def html(text: str) -> str:
    """HTML of the text."""
    held: list[str] = []

    def hold(placeholder: str) -> str:
        held.append(placeholder)
        return f"{_OPEN}{len(held) - 1}{_CLOSE}"

    plain = "".join(
        hold(part) if is_placeholder else part.replace(_OPEN, "").replace(_CLOSE, "")
        for part, is_placeholder in placeholders(text)
    )
    parts = [_paragraph(one) for one in re.split(r"\n[ \t]*\n+", plain.strip("\n")) if one.strip()]
    joined = "".join(
        f'<p style="margin:{"0" if at == 0 else "14px 0 0"};">{inner}</p>' if tag == "p" else inner
        for at, (tag, inner) in enumerate(parts)
    )
    return _HELD.sub(lambda found: held[int(found[1])], joined)


def _paragraph(text: str) -> tuple[str, str]:
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if all(line.startswith(("- ", "* ", "• ")) for line in lines):
        entries = "".join(f'<li style="margin:0 0 4px;">{_inline(line[2:])}</li>' for line in lines)
        return "ul", f'<ul style="margin:12px 0;padding-left:22px;">{entries}</ul>'
    return "p", "<br />".join(_inline(line) for line in lines)


def _inline(text: str) -> str:
    shown = escape(text, quote=True)
    shown = _LINK.sub(r'<a href="\2">\1</a>', shown)
    return _ITALIC.sub(r"<i>\1</i>", _BOLD.sub(r"<b>\1</b>", shown))
