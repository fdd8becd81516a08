"""Verbs of guests among each other: ask a friend, show one's name, and forget friends who never answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.decide.contact_policy.models import Consent
from regulars.know.customers.actions import CustomerDraft, upsert_customers
from regulars.know.customers.models import Customer, Identity
from regulars.know.orders.models import Order
from regulars.know.timeline.actions import Fact, record
from regulars.reach.messaging import actions as messaging
from regulars.reach.signups.actions import sign_up
from regulars.reach.signups.actions.signing import Asking
from regulars.reach.signups.models import Signup, SignupForm
from regulars.reward.gatherings import friend_mail, tokens
from regulars.reward.gatherings.event_types import GATHERING_INTRODUCED
from regulars.reward.gatherings.models import Attendance, Gathering

from .places import SOURCE, about, locked, new_ticket

FRIENDS_EACH = 20
"""So many friends one guest can ask to a gathering: the link cannot be used to write to everybody."""
FRIEND = "friend"
FORGOTTEN_AT_ONCE = 500


@dataclass(frozen=True)
class Friend:
    """What a friend filled in. wants_news: asks for the mail that confirms a consent; nothing is permitted before."""

    email: str
    first_name: str
    locale: str
    wants_news: bool = False


@transaction.atomic
def ask_friend(shop: Shop, guest: Attendance, friend: Friend, now: datetime) -> Attendance | None:
    """Puts the friend on the list and writes to them: the link in that mail is the friend's own, and takes the place.

    None where there is nothing to do: the friend is on the list already, is erased, or the guest has asked too many. The
    caller shows the same page all the same, so that nobody learns who is known here. Raises Refused for an address that
    is none, and where the gathering takes no friends or no answers.
    """
    email = friend.email.strip()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused(_("This is not an e-mail address.")) from error
    gathering = locked(shop, guest.gathering_id)
    if not gathering.takes_friends or not gathering.takes_answers(now):
        raise Refused(_("This gathering takes no answers any more."), code="not_open")
    introduced = Attendance._base_manager.filter(gathering=gathering, introduced_by_id=guest.customer_id)
    if introduced.count() >= FRIENDS_EACH:
        return None
    known = Identity._base_manager.filter(shop=shop, kind="email", key=email.lower()).values_list(
        "customer_id", flat=True
    )
    customer_id = known.first()
    is_new = customer_id is None
    if is_new:
        draft = CustomerDraft(
            number="", emails=(email,), first_name=friend.first_name.strip()[:80] or None, locale=friend.locale
        )
        customer_id = next(
            iter(upsert_customers(shop, [draft], now=now, source=SOURCE, is_history=False).ids.values()), None
        )
    if customer_id is None:  # an erased person: only they themselves can come back
        return None
    row, made = Attendance._base_manager.get_or_create(
        gathering=gathering,
        customer_id=customer_id,
        defaults={
            "shop": shop, "ticket": new_ticket(), "invited_at": now, "source": FRIEND, "made_customer": is_new,
            "introduced_by_id": guest.customer_id,
        },
    )  # fmt: skip
    if friend.wants_news:
        form = SignupForm._base_manager.filter(shop=shop, is_active=True).order_by("pk").first()
        if form is not None:
            sign_up(shop, form, Asking(email, friend.locale, friend.first_name), now)
    if not made:
        return None
    told = {**about(gathering), "friend": customer_id}
    fact = Fact(GATHERING_INTRODUCED, now, guest.customer_id, told, f"gathering-friend:{row.pk}")
    record(shop, [fact], now=now, source=SOURCE)
    _write_to(shop, gathering, row, guest, now)
    return row


def _write_to(shop: Shop, gathering: Gathering, row: Attendance, guest: Attendance, now: datetime) -> None:
    friend_mail.ensure_template(shop, now)
    draft = messaging.MessageDraft(
        customer_id=row.customer_id,
        template_key=friend_mail.KEY,
        measure_id=None,
        purpose="service",
        rank=0,
        earliest=now,
        latest=min(now + timedelta(days=1), gathering.starts_at),
        key=f"gathering-friend:{row.pk}",
        values={
            "friend.of": guest.customer.first_name or shop.name,
            "gathering.title": gathering.title_in(row.customer.locale or shop.locale),
            "gathering.url": f"{settings.REGULARS_BASE_URL}/g/{tokens.make(row.pk, gathering.ends_at)}",
        },
    )
    messaging.queue(shop, [draft], now)


@transaction.atomic
def show_name(attendance_id: int, *, is_seen: bool) -> None:
    """Whether the guest's first name is shown to those who show theirs. Idempotent."""
    Attendance._base_manager.filter(pk=attendance_id).update(is_seen=is_seen)


def seen_by(row: Attendance, limit: int = 200) -> list[str]:
    """First names of the others who come and show theirs, for one who comes and does so, too; else nobody."""
    if row.status != Attendance.Status.YES or not row.is_seen:
        return []
    others = Attendance._base_manager.filter(
        gathering_id=row.gathering_id, status=Attendance.Status.YES, is_seen=True, customer__erased_at=None
    ).exclude(pk=row.pk)
    names = others.exclude(customer__first_name="").order_by("customer__first_name", "pk")
    return list(names.values_list("customer__first_name", flat=True)[:limit])


@transaction.atomic
def forget_friends(shop: Shop, now: datetime) -> int:
    """Deletes friends who never answered, once the gathering is over: nobody else told us of them, and they did not want
    to come. Whoever bought, agreed to anything or asked for mail meanwhile stays. A constant number of queries.
    """
    silent = Attendance._base_manager.filter(
        shop=shop, made_customer=True, status=Attendance.Status.INVITED, gathering__ends_at__lte=now
    )
    rows = dict(silent.values_list("pk", "customer_id")[:FORGOTTEN_AT_ONCE])
    if not rows:
        return 0
    people = set(rows.values())
    kept: set[int] = set()
    for table in (Order, Consent, Signup):
        kept |= set(table._base_manager.filter(customer_id__among=people).values_list("customer_id", flat=True))
    others = Attendance._base_manager.filter(customer_id__among=people).exclude(pk__among=set(rows))
    kept |= set(others.values_list("customer_id", flat=True))
    Attendance._base_manager.filter(pk__among={pk for pk, one in rows.items() if one in kept}).update(
        made_customer=False
    )
    Attendance._base_manager.filter(pk__among={pk for pk, one in rows.items() if one not in kept}).delete()
    Customer._base_manager.filter(pk__among=people - kept).delete()
    return len(rows)
