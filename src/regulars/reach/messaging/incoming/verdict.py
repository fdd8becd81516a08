"""Hard or soft: does an answer of a mail server say that the address is dead?

Strict: only where the words or the code say that the address or its host is unknown, moved, closed or switched off
(RFC 3463: X.1.1, X.1.2, X.1.3, X.1.6, X.1.10, X.2.1). Everything else that came back is soft, whatever its class.
"""

import re

from .phrases import DEAD, HINDERED, PASSING, UNAVAILABLE, UNWELCOME

DEAD_STATUS = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10", "2.1"})
"""Subject and detail of RFC 3463 (and RFC 7505 for 1.10) that name the address."""
LONGEST = 4000

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_CODE = re.compile(r"(?<![\d.:/])([45]\d\d)(?=[ \-#,:\]]|$)")
_ADDRESS = re.compile(r"<?[^\s<>@]{1,64}@[^\s<>@,;:]{1,255}>?")


def status_of(text: str) -> str:
    """The enhanced status code (RFC 3463) in a text, the last specific one; "" without one."""
    found = _STATUS.findall(text)
    specific = [one for one in found if one[1:] != ("0", "0")]
    chosen = (specific or found)[-1:]
    return ".".join(chosen[0]) if chosen else ""


def is_dead(text: str, *, status: str = "", code: int = 0) -> bool:
    """Whether the answer says that the address is dead.

    text: what the server or the returned mail says about this address. status: the DSN's own field (RFC 3464), used where
    the text has none that is more specific. code: SMTP's, 0 where it is not known.
    """
    text = text[:LONGEST]
    said = status_of(text)
    if not said or said.endswith(".0.0"):
        said = status_of(status) or said
    if not code:
        found = _CODE.search(text)
        code = int(found[1]) if found else 0
    if said.startswith(("4", "2")) or (not said and 200 <= code < 500):
        return False
    # An address may itself read like a reason: no-such-user@example.com.
    words = _ADDRESS.sub(" ", text)
    detail = said.partition(".")[2]
    if HINDERED.search(words):
        return detail in DEAD_STATUS - {"2.1"} and bool(DEAD.search(words))
    if detail in DEAD_STATUS or code in (551, 556):
        return True
    if detail and detail.partition(".")[0] in ("2", "6") and not DEAD.search(words):
        return False
    if UNAVAILABLE.search(words) and code == 550:
        return True
    if DEAD.search(words):
        return code >= 500 or bool(said) or not PASSING.search(words)
    return False


def is_about_the_mail(text: str, *, status: str = "") -> bool:
    """Whether a soft refusal is about the mail or its sender (size, content, policy: RFC 3463 X.3.4, X.6, X.7).

    Such a refusal says nothing about the address, however often it comes.
    """
    said = status_of(text[:LONGEST]) or status
    detail = said.partition(".")[2]
    return (
        detail.startswith(("6.", "7.")) or detail == "3.4" or bool(UNWELCOME.search(_ADDRESS.sub(" ", text[:LONGEST])))
    )
