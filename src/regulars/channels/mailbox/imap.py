"""One visit to an IMAP mailbox: what is new, its first octets, and putting it away. Certificates are always checked."""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from regulars.core.errors import Refused
from regulars.reach.messaging.incoming.parts import MOST_OCTETS

TIMEOUT = 30.0
FLAG = "$RegularsRead"
AT_ONCE = 50
LOCAL = ("127.0.0.1", "::1", "localhost")
_PROBLEMS = (OSError, imaplib.IMAP4.error, ImapToolsError, ValueError)


@dataclass(frozen=True, slots=True)
class Access:
    """How to get in. security: tls, starttls or none (this machine only)."""

    host: str
    port: int
    security: str
    username: str
    password: str
    folder: str


class Visit:
    """The opened folder. uid_validity: while it stays the same, a UID names the same mail for ever."""

    def __init__(self, box: BaseMailBox, folder: str) -> None:
        self.box = box
        self.folder = folder
        status = box.folder.status(folder, ["UIDVALIDITY", "MESSAGES"])
        self.uid_validity = int(status["UIDVALIDITY"])
        self.count = int(status["MESSAGES"])

    def new_after(self, uid: int) -> list[int]:
        """UIDs above `uid`, oldest first, without those that are flagged as read."""
        found = self.box.uids(f"UID {uid + 1}:* UNKEYWORD {FLAG}")
        # `n:*` names the newest mail even where its UID is below n (RFC 3501, 6.4.8).
        return sorted(number for one in found if (number := int(one)) > uid)

    def octets(self, uids: Sequence[int]) -> dict[int, bytes]:
        """The first octets of each mail; one that vanished meanwhile is left out. Nothing is marked as seen."""
        if not uids:
            return {}
        names = ",".join(map(str, uids))
        answer = self.box.client.uid("FETCH", names, f"(UID BODY.PEEK[]<0.{MOST_OCTETS}>)")[1]
        found: dict[int, bytes] = {}
        pieces: list[Any] = list(answer or [])
        for index, piece in enumerate(pieces):
            if not isinstance(piece, tuple):
                continue
            following = pieces[index + 1] if index + 1 < len(pieces) and isinstance(pieces[index + 1], bytes) else b""
            number = re.search(rb"UID (\d+)", piece[0]) or re.search(rb"UID (\d+)", following)
            if number:
                found[int(number[1])] = piece[1]
        return found

    def put_away(self, uids: Sequence[int], done_folder: str) -> None:
        """Moves the mails into `done_folder`, made when it is missing; without one, or where that fails, flags them."""
        if not uids:
            return
        names = [str(uid) for uid in uids]
        if done_folder:
            try:
                if not self.box.folder.exists(done_folder):
                    self.box.folder.create(done_folder)
                self.box.move(names, done_folder)
            except (imaplib.IMAP4.error, ImapToolsError):
                pass
            else:
                return
        self.box.flag(names, FLAG, True)


@contextmanager
def visit(access: Access) -> Iterator[Visit]:
    """Logs in and opens the folder. Raises Refused in words for people, whatever goes wrong."""
    box: BaseMailBox | None = None
    try:
        box = _connect(access)
        # LOGIN takes ASCII alone; what it cannot say goes as AUTHENTICATE PLAIN.
        log_in = box.login if (access.username + access.password).isascii() else box.login_utf8
        log_in(access.username, access.password, initial_folder=None)
        if not box.folder.exists(access.folder):
            raise Refused(
                _("There is no folder “%(folder)s” in the mailbox.") % {"folder": access.folder}, code="no_folder"
            )
        box.folder.set(access.folder)
        yield Visit(box, access.folder)
    except ssl.SSLError as error:
        raise Refused(
            _("The server’s certificate is not accepted: %(said)s") % {"said": _plain(error)}, code="tls"
        ) from None
    except _PROBLEMS as error:
        words = _("The mailbox at %(host)s:%(port)s cannot be used: %(said)s")
        raise Refused(words % {"host": access.host, "port": access.port, "said": _plain(error)}, code="imap") from None
    finally:
        if box is not None:
            try:
                box.logout()
            except _PROBLEMS:
                box.client.shutdown()


def _connect(access: Access) -> BaseMailBox:
    if access.security == "none":
        if access.host not in LOCAL:
            raise Refused(_("Without encryption the password would be readable on the way: choose TLS or STARTTLS."))
        return MailBoxUnencrypted(access.host, access.port, timeout=TIMEOUT)
    # imaplib's own context checks no certificate.
    context = ssl.create_default_context()
    kind = MailBox if access.security == "tls" else MailBoxStartTls
    return kind(access.host, access.port, timeout=TIMEOUT, ssl_context=context)


def _plain(error: BaseException) -> str:
    text = str(error)
    quoted = re.search(r"b['\"](.*?)['\"]", text)
    return (quoted[1] if quoted else text or type(error).__name__)[:200]
