"""What happens to consents, objections, freezes, requests, contacts and decisions on merge, export and erasure."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.personal_data import declare

from .models import (
    Channel,
    Consent,
    Contact,
    ContactFreeze,
    ContactRequest,
    ContactWish,
    Decision,
    Objection,
    TopicChoice,
)


def _merge_objection(shop: Shop, from_id: int, into_id: int, now: datetime) -> None:
    """A "no" survives a merge: the earlier one, if both objected."""
    rows = list(Objection._base_manager.filter(customer_id__in=(from_id, into_id)).order_by("at", "pk"))
    Objection._base_manager.filter(pk__in=[row.pk for row in rows[1:]]).delete()
    if rows:
        Objection._base_manager.filter(pk=rows[0].pk).update(customer_id=into_id)


def _merge_choices(shop: Shop, from_id: int, into_id: int, now: datetime) -> None:
    """The later word on each topic counts."""
    rows = TopicChoice._base_manager.filter(customer_id__in=(from_id, into_id)).order_by("-at", "-pk")
    seen: set[int] = set()
    for row in list(rows):
        if row.topic_id in seen:
            row.delete()
        seen.add(row.topic_id)
    TopicChoice._base_manager.filter(customer_id=from_id).update(customer_id=into_id)


def _merge_wish(shop: Shop, from_id: int, into_id: int, now: datetime) -> None:
    """The later wish counts."""
    rows = list(ContactWish._base_manager.filter(customer_id__in=(from_id, into_id)).order_by("-at", "-pk"))
    ContactWish._base_manager.filter(pk__in=[row.pk for row in rows[1:]]).delete()
    if rows:
        ContactWish._base_manager.filter(pk=rows[0].pk).update(customer_id=into_id)


def _merge_freezes(shop: Shop, from_id: int, into_id: int, now: datetime) -> None:
    rows = ContactFreeze._base_manager.filter(shop=shop, customer_id__in=(from_id, into_id)).order_by("pk")
    seen: set[tuple[str, str]] = set()
    for row in sorted(rows, key=lambda row: (row.until is not None, row.pk)):
        matter = (row.cause, row.source_key)
        if matter in seen:
            row.delete()
        seen.add(matter)
    ContactFreeze._base_manager.filter(shop=shop, customer_id=from_id).update(customer_id=into_id)


def _erase_consents(shop: Shop, customer_ids: Sequence[int], now: datetime) -> None:
    """Ends all consents. The proof of a phone consent is kept for five years (§ 7a UWG); all other evidence goes."""
    rows = Consent._base_manager.filter(shop=shop, customer_id__in=customer_ids)
    rows.exclude(state=Consent.State.WITHDRAWN).update(state=Consent.State.WITHDRAWN, withdrawn_at=now)
    rows.exclude(channel=Channel.PHONE).update(evidence={}, source="")


def _erase_requests(shop: Shop, customer_ids: Sequence[int], now: datetime) -> None:
    """Nothing more goes out, and the address is forgotten; that there was a request stays for the books."""
    status = ContactRequest.Status
    rows = ContactRequest._base_manager.filter(shop=shop, customer_id__in=customer_ids)
    rows.filter(status__in=(status.WAITING, status.GRANTED)).update(
        status=status.WITHDRAWN, reason="erased", decided_at=now
    )
    rows.update(address="")


declare(
    Consent,
    title=_("Consents"),
    export=(
        "channel", "purpose", "state", "ground", "wording", "source", "evidence", "given_at", "confirmed_at",
        "withdrawn_at", "last_used_at",
    ),
    erase=_erase_consents,
)  # fmt: skip
declare(Objection, title=_("Objections"), merge=_merge_objection, export=("at", "source"), erase="keep")
declare(
    ContactFreeze,
    title=_("Pauses of advertising"),
    merge=_merge_freezes,
    export=("cause", "since", "until"),
    erase="delete",
)
declare(
    ContactRequest,
    title=_("Planned contacts"),
    export=("measure__name", "channel", "purpose", "address", "earliest", "latest", "status", "reason", "send_at"),
    erase=_erase_requests,
)
declare(Contact, title=_("Contacts"), export=("measure__name", "channel", "purpose", "at"), erase="keep")
declare(
    Decision,
    title=_("Decisions"),
    export=("measure__name", "at", "stage", "outcome", "reason"),
    erase={"data": {}},
)

declare(TopicChoice, title=_("Chosen topics"), merge=_merge_choices, export=("topic__key", "is_wanted", "at", "source"))
declare(ContactWish, title=_("Wanted frequency"), merge=_merge_wish, export=("per_month", "at"))
