"""Files of mails: one mail, or an mbox of many (RFC 4155)."""

import re

_START = re.compile(rb"(?m)^From \S*[^\n]*\d\d:\d\d[^\n]*\n(?=[!-9;-~]+:|[>]?From )")
_FIRST = re.compile(rb"\AFrom \S*[^\n]*\n")
_QUOTED = re.compile(rb"(?m)^>(>*From )")


def mails_in(content: bytes) -> list[bytes]:
    """The mails of a file, without mbox's separating lines; a file that is no mbox is one mail."""
    content = content.replace(b"\r\n", b"\n")
    if not _FIRST.match(content):
        return [content]
    starts = [found for found in _START.finditer(content) if _follows_blank(content, found.start())]
    if len(starts) < 2:
        return [_FIRST.sub(b"", content)]
    ends = [one.start() for one in starts[1:]] + [len(content)]
    return [_QUOTED.sub(rb"\1", content[one.end() : end]) for one, end in zip(starts, ends, strict=True)]


def _follows_blank(content: bytes, at: int) -> bool:
    return at == 0 or content[max(0, at - 2) : at] == b"\n\n"
