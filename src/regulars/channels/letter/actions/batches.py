"""Verbs of batches: take letters to print, print them, tell what became of them.

batch = take_batch(shop, now, anna)             # the gate was asked again right then
pdf_of(batch, now)                              # as often as needed, until they are told of
settle_batch(batch, printed, now, anna)         # the others are given back
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from babel.dates import format_date
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from regulars.channels.letter.models import LetterBatch, PrintedLetter
from regulars.channels.letter.postal import one_line, reached
from regulars.channels.letter.sheet import Letter, pdf, unprintable
from regulars.core.actions import audit
from regulars.core.clock import local_date
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.decide.contact_policy.models import Channel, Purpose
from regulars.reach.messaging.actions import (
    decline_by_hand,
    give_back_by_hand,
    settle_by_hand,
    take_by_hand,
    words_by_hand,
)
from regulars.reach.messaging.channel import Outcome, State
from regulars.reach.messaging.channel_kinds import kind_of
from regulars.reach.messaging.models import Message

from .paper import contact_of, printed_paper

CHANNEL = Channel.LETTER.value
MOST = 200
_TAKING = timedelta(minutes=10)
"""A batch that is not made after all gives its letters back so soon."""


def take_batch(shop: Shop, now: datetime, staff: Staff | None, limit: int = MOST) -> LetterBatch:
    """Takes up to `limit` letters, the longest due first. Those that can no longer be delivered or printed are given up, with
    the reason. Raises Refused where none is left. A constant number of queries.
    """
    taken = take_by_hand(shop, CHANNEL, now, staff, limit=min(limit, MOST), lease=_TAKING)
    addresses = reached(shop, [row.customer_id for row in taken])
    words = words_by_hand(shop, taken, now)
    good: list[Message] = []
    bad: dict[str, list[Message]] = {}
    with override(shop.locale):
        for row in taken:
            said = words.get(row.pk)
            lines = addresses.get(row.customer_id)
            if lines is None:
                bad.setdefault(_("No complete postal address is known any more."), []).append(row)
            elif said is None:
                bad.setdefault(_("A placeholder has no value."), []).append(row)
            elif signs := unprintable("".join((said.subject, said.text, *lines))):
                why = _("These signs cannot be printed: %(signs)s") % {"signs": " ".join(signs[:10])}
                bad.setdefault(why, []).append(row)
            else:
                row.address = one_line(lines)
                good.append(row)
    for why, rows in bad.items():
        decline_by_hand(shop, rows, why, now, staff)
    if not good:
        raise Refused(_("No letter waits to be printed."), code="nothing")
    with transaction.atomic():
        batch: LetterBatch = LetterBatch._base_manager.create(
            shop=shop, taken_by=staff, taken_at=now, letters=len(good)
        )
        for row in good:
            row.lease_until = now + kind_of(CHANNEL).lease
        Message._base_manager.bulk_update(good, ["address", "lease_until"], batch_size=MOST)
        PrintedLetter._base_manager.bulk_create(
            PrintedLetter(shop=shop, batch=batch, message=row, token=row.lease_token) for row in good
        )
        audit("letters.taken", now=now, shop=shop, staff=staff, target=batch, letters=len(good))
    return batch


def pdf_of(batch: LetterBatch, now: datetime) -> bytes:
    """The letters of an open batch, in its order, dated `now`. Who was erased since is left out. Raises Refused for one that was
    told of: what is printed again then would be sent twice.
    """
    if batch.settled_at is not None:
        raise Refused(_("These letters were told of already; nothing is printed twice."), code="settled")
    shop = batch.shop
    rows = [letter.message for letter in _letters(batch)]
    addresses = reached(shop, [row.customer_id for row in rows])
    words = words_by_hand(shop, rows, now)
    today = local_date(now, shop.timezone)
    letters = []
    for row in rows:
        said, lines = words.get(row.pk), addresses.get(row.customer_id)
        if said is None or lines is None:
            continue
        locale = row.version.locale
        with override(locale):
            small = "" if row.purpose == Purpose.SERVICE else _objection(shop)
            letters.append(
                Letter(
                    lines, format_date(today, "long", locale=locale.replace("-", "_")), said.subject, said.text.strip(),
                    small, _("Page"),
                )
            )  # fmt: skip
    if not letters:
        raise Refused(_("No letter of this batch can be printed any more."), code="nothing")
    return pdf(letters, printed_paper(shop), now)


def _objection(shop: Shop) -> str:
    """Art. 21 (4) GDPR: at the latest in the first letter, apart from all else."""
    return _(
        "You do not want letters like this one? A word to %(contact)s is enough: you may object to advertising at any time."
    ) % {"contact": contact_of(shop) or shop.name}


def _letters(batch: LetterBatch) -> list[PrintedLetter]:
    rows = PrintedLetter._base_manager.filter(batch=batch).select_related("message__version").order_by("pk")
    return list(rows)


@transaction.atomic
def settle_batch(batch: LetterBatch, printed: Collection[int], now: datetime, staff: Staff | None) -> LetterBatch:
    """Tells of a batch: the letters `printed` (ids of PrintedLetter) went out, the others wait to be printed again.

    Told again it changes nothing. Raises Refused for letters that somebody else took meanwhile.
    """
    shop = batch.shop
    batch = LetterBatch._base_manager.select_for_update(of=("self",)).get(pk=batch.pk)
    if batch.settled_at is not None:
        return batch
    done: list[Message] = []
    back: list[Message] = []
    letters = _letters(batch)
    for letter in letters:
        letter.is_printed = letter.pk in printed
        letter.message.lease_token = letter.token
        (done if letter.is_printed else back).append(letter.message)
    if done:
        told = {row.pk: Outcome(row.pk, State.ACCEPTED, data={"batch": batch.pk}) for row in done}
        settle_by_hand(shop, done, told, now, staff)
    if back:
        give_back_by_hand(shop, back, now)
    PrintedLetter._base_manager.bulk_update(letters, ["is_printed"], batch_size=MOST)
    batch.settled_at, batch.printed = now, len(done)
    batch.save(update_fields=["settled_at", "printed"])
    audit("letters.told", now=now, shop=shop, staff=staff, target=batch, printed=len(done), given_back=len(back))
    return batch
