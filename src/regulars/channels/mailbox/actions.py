"""Verbs of the mailbox: set it up, try it, read what is new."""

import hashlib
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.core.sealing import seal, unseal
from regulars.reach.messaging.actions import News, news_of, take_in, take_in_answers
from regulars.reach.messaging.appointments import answer_in, reads_answers
from regulars.reach.messaging.incoming import read

from .imap import AT_ONCE, Access, visit
from .models import Mailbox

FRESH_START = ("host", "port", "username", "folder")
"""After a change of one of these it is another mailbox: it is read from its first mail."""


@transaction.atomic
def set_up(
    shop: Shop, now: datetime, staff: Staff | None = None, *, password: str | None = None, **fields: Any
) -> Mailbox:
    """Writes down where the mailbox is. password: None keeps the one that is there, "" takes the environment's.

    Raises Refused naming what does not fit; then nothing is changed.
    """
    box = Mailbox._base_manager.select_for_update().filter(shop=shop).first() or Mailbox(shop=shop)
    before = {name: getattr(box, name) for name in fields}
    for name, value in fields.items():
        setattr(box, name, value)
    if password is not None:
        box.password = seal(password)
    if box.pk and any(name in fields and before[name] != fields[name] for name in FRESH_START):
        box.uid_validity, box.last_uid = None, 0
    box.last_error = ""
    try:
        box.full_clean(exclude=["shop"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        text = "; ".join(f"{name}: {' '.join(words)}" for name, words in error.message_dict.items())
        raise Refused(_("The settings cannot be saved: %(problems)s") % {"problems": text}) from error
    box.save()
    audit("mailbox.changed", now=now, shop=shop, staff=staff, target=box, fields=sorted(fields))
    return box


def access_to(box: Mailbox) -> Access:
    """How to get in. Raises Refused where there is no password."""
    password = unseal(box.password) or settings.REGULARS_MAILBOX_PASSWORD
    if not password:
        raise Refused(_("The mailbox has no password: enter it, or set REGULARS_MAILBOX_PASSWORD."))
    return Access(box.host, box.port, box.security, box.username, password, box.folder)


def test(box: Mailbox) -> int:
    """Logs in and counts the mails in the folder. Raises Refused in words that name the remedy."""
    with visit(access_to(box)) as opened:
        return opened.count


@reads_answers
def is_read(shop: Shop) -> bool:
    """Whether the shop has a mailbox that is read."""
    return Mailbox._base_manager.filter(shop=shop, is_active=True).exists()


def fetch(shop: Shop, now: datetime) -> int:
    """Reads one batch of new mails and puts them away; returns how many.

    What a mail says is committed before it is put away, and the mark moves last. A process that is killed in between
    finds the mail again, knows it by its key, and only puts it away. One that cannot get in says so on the page.
    """
    box = Mailbox._base_manager.filter(shop=shop, is_active=True).first()
    if box is None:
        return 0
    try:
        count = _fetch(shop, box, now)
    except Refused as problem:
        Mailbox._base_manager.filter(pk=box.pk).update(checked_at=now, last_error=str(problem)[:300])
        return 0
    return count


def _fetch(shop: Shop, box: Mailbox, now: datetime) -> int:
    with visit(access_to(box)) as opened:
        last = box.last_uid if box.uid_validity == opened.uid_validity else 0
        uids = opened.new_after(last)[:AT_ONCE]
        mails = opened.octets(uids)
        take_in(shop, [news for raw in mails.values() for news in _news(raw)], now)
        answers = {_key(read(raw).message_id, raw): found for raw in mails.values() if (found := answer_in(raw))}
        take_in_answers(shop, answers, now)
        opened.put_away(list(mails), box.done_folder)
    Mailbox._base_manager.filter(pk=box.pk).update(
        uid_validity=opened.uid_validity,
        last_uid=max([last, *uids]),
        checked_at=now,
        last_error="",
        mails_read=box.mails_read + len(mails),
    )
    return len(uids)


def _news(raw: bytes) -> list[News]:
    reading = read(raw)
    return news_of(f"mail:{_key(reading.message_id, raw)}", reading)


def _key(message_id: str, raw: bytes) -> str:
    """Of a mail, wherever it is read: by its Message-ID and what it says, so that a forged ID hides nothing."""
    body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    return hashlib.sha256(message_id.encode("utf-8", "replace") + b"\0" + body).hexdigest()[:40]
