"""Returned mails that no standard describes: what their words say, and where the returned mail in them begins."""

import re
from email.message import Message

from flufl.bounce import all_failures

from .parts import ADDRESS, address_of, header, kind_of, parts, text_of
from .phrases import DAEMON, FAILED_SUBJECT, FAILED_TEXT, ORIGINAL_BEGINS

MOST = 20_000


def words_of(message: Message) -> str:
    """What the mail says itself, up to the mail that it returns."""
    found: list[str] = []
    size = 0
    for part, depth in parts(message):
        kind = kind_of(part)
        if depth and kind == "message/rfc822" and found:
            break
        if kind in ("text/plain", "text/html") and size < MOST:
            text = text_of(part)
            cut = ORIGINAL_BEGINS.search(text)
            found.append(text[: cut.start()] if cut else text)
            size += len(found[-1])
    return "\n".join(found)[:MOST]


def failures(message: Message) -> tuple[list[str], set[str]]:
    """The addresses that flufl.bounce finds to have failed, and those of them that are only late, in small letters.

    Its detectors never stop us.
    """
    try:
        passing, permanent = all_failures(message)
    except Exception:  # noqa: BLE001  # detectors of foreign formats, on what anybody may send us
        return [], set()
    late, failed = ({_tidy(one) for one in found} for found in (passing, permanent))
    return sorted(one for one in late | failed if "@" in one), {one.lower() for one in late - failed}


def _tidy(address: object) -> str:
    text = address.decode("utf-8", "replace") if isinstance(address, bytes) else str(address)
    return text.strip().strip("<>")


def is_from_daemon(message: Message) -> bool:
    """Whether a mail system wrote it: by its name, or by the empty return path of RFC 5321."""
    sender = address_of(header(message, "From")) or header(message, "From")
    return bool(DAEMON.match(sender.lstrip('<" '))) or header(message, "Return-Path").strip() == "<>"


def is_failure(message: Message, words: str) -> bool:
    """Whether subject, sender and words together say that a mail came back, in a format that nobody knows."""
    if message.get("X-Failed-Recipients"):
        return True
    subject = header(message, "Subject")
    if re.match(r"(?i)\s*(?:re|aw|antw|wg|fwd?|sv)\s*:", subject) and not is_from_daemon(message):
        return False
    said = bool(FAILED_SUBJECT.search(subject))
    tells = bool(FAILED_TEXT.search(words[:3000]))
    return (said and (tells or is_from_daemon(message))) or (is_from_daemon(message) and tells)


def named(message: Message, words: str) -> list[str]:
    """The addresses that an unknown format names as failed: the header X-Failed-Recipients, else those in its words."""
    listed = ADDRESS.findall(str(message.get("X-Failed-Recipients") or ""))
    if listed:
        return list(dict.fromkeys(listed))
    ours = {address_of(header(message, name)).lower() for name in ("From", "To", "Sender", "Reply-To")}
    seen: dict[str, str] = {}
    for address in ADDRESS.findall(words[:4000]):
        address = address.rstrip(".-")
        if address.lower() not in ours and not DAEMON.match(address) and "." in address.rpartition("@")[2]:
            seen.setdefault(address.lower(), address)
    return list(seen.values())


def about(words: str, address: str, others: list[str]) -> str:
    """The words behind an address up to the next one: what a report says about it alone."""
    small = words.lower()
    at = small.find(address.lower())
    if at < 0:
        return ""
    ends = [
        found
        for one in others
        if one.lower() != address.lower() and (found := small.find(one.lower(), at + len(address))) > 0
    ]
    return words[at + len(address) : min([*ends, at + len(address) + 800])]
