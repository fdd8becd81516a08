"""Verbs of double opt-in: somebody asks, a mail goes out, a person confirms; or nobody does, and what was kept goes again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.decide.contact_policy.actions import ConsentDraft, choose_topics, confirm_consent, grant_consents
from regulars.decide.contact_policy.models import Consent
from regulars.know.customers.actions import CustomerDraft, upsert_customers
from regulars.know.customers.models import Customer, Identity
from regulars.know.orders.models import Order
from regulars.reach.messaging import actions as messaging
from regulars.reach.signups import mail, tokens
from regulars.reach.signups.models import FormText, Signup, SignupForm

SOURCE = "signup"
PAUSE, A_DAY = timedelta(minutes=15), 3
"""To one address go at most so many confirmation mails: one in PAUSE, A_DAY in a day. Nobody can flood another's inbox."""
EXPIRES = timedelta(days=14)


@dataclass(frozen=True)
class Asking:
    """What somebody filled in."""

    email: str
    locale: str
    first_name: str = ""
    topics: Sequence[str] = ()
    tracking: bool = False


@transaction.atomic
def sign_up(shop: Shop, form: SignupForm, asking: Asking, now: datetime) -> Signup | None:
    """Notes that somebody asked, and sends the mail that asks for confirmation; nothing is permitted before that.

    None where the address was mailed a moment ago or has asked too often: the person sees the same page. Raises Refused
    for an address that cannot be one.
    """
    email = asking.email.strip()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused(_("This is not an e-mail address.")) from error
    text = text_of(form, asking.locale, shop.locale)
    key = email.lower()
    known = (
        Identity._base_manager.filter(shop=shop, kind="email", key=key).values_list("customer_id", flat=True).first()
    )
    if known is not None and _too_often(shop, known, now):
        return None
    customer_id = known if known is not None else _new_customer(shop, email, asking, text.locale, now)
    if customer_id is None:
        return None  # an erased person: only they themselves can come back, by writing to the shop
    evidence = {"form": form.key, "version": text.version, "locale": text.locale, "asked_at": now.isoformat()}
    wanted = [("marketing", text.wording)]
    if form.asks_tracking and asking.tracking:
        wanted.append(("tracking", text.tracking_wording))
    consents = grant_consents(
        shop,
        [
            ConsentDraft(customer_id, "email", purpose, now, evidence, wording, SOURCE, pending=True)
            for purpose, wording in wanted
        ],
        now=now,
    )
    signup: Signup = Signup._base_manager.create(
        shop=shop, form=form, text=text, customer_id=customer_id, consents=[row.pk for row in consents],
        topics=[topic for topic in asking.topics if topic in form.topics], made_customer=known is None, created_at=now,
    )  # fmt: skip
    _ask_by_mail(shop, signup, now)
    return signup


def text_of(form: SignupForm, *locales: str) -> FormText:
    """The newest words in the first of the locales that has any."""
    newest: dict[str, FormText] = {one.locale: one for one in form.texts.order_by("version")}
    for locale in (*locales, *sorted(newest)):
        if locale in newest:
            return newest[locale]
    raise Refused(_("The form has no words yet."))


def _too_often(shop: Shop, customer_id: int, now: datetime) -> bool:
    """Both for the same address only: who shares a customer by merge shares the limit, too."""
    made = Signup._base_manager.filter(shop=shop, customer_id=customer_id, created_at__gt=now - timedelta(days=1))
    times = list(made.values_list("created_at", flat=True))
    return len(times) >= A_DAY or any(at > now - PAUSE for at in times)


def _new_customer(shop: Shop, email: str, asking: Asking, locale: str, now: datetime) -> int | None:
    draft = CustomerDraft(number="", emails=(email,), first_name=asking.first_name.strip()[:80] or None, locale=locale)
    done = upsert_customers(shop, [draft], now=now, source=SOURCE, is_history=False)
    return next(iter(done.ids.values()), None)


def _ask_by_mail(shop: Shop, signup: Signup, now: datetime) -> None:
    mail.ensure_template(shop, now)
    url = f"{settings.REGULARS_BASE_URL}/k/{tokens.make(signup.pk, now)}"
    messaging.queue(
        shop,
        [
            messaging.MessageDraft(
                customer_id=int(signup.customer_id or 0),
                template_key=mail.KEY,
                measure_id=None,
                purpose="service",
                rank=0,
                earliest=now,
                latest=now + timedelta(days=1),
                key=f"signup:{signup.pk}",
                values={"signup.url": url, "signup.wording": signup.text.wording},
            )
        ],
        now,
    )


@transaction.atomic
def confirm(token: str, now: datetime, evidence: Mapping[str, Any] | None = None) -> Signup | None:
    """A person confirmed: the consents are given from now on, the topics chosen, the address verified. Idempotent.

    None where the token is not ours, too old, or what it confirms is not there any more.
    """
    pk = tokens.read(token, now)
    signup = (
        Signup._base_manager.select_for_update(of=("self",))
        .select_related("shop", "form", "text")
        .filter(pk=pk)
        .first()
        if pk is not None
        else None
    )
    if signup is None or signup.customer_id is None or signup.state == Signup.State.EXPIRED:
        return None
    if signup.state == Signup.State.CONFIRMED:
        return signup
    said = {"confirmed_at": now.isoformat(), "by": "link in the confirmation mail", **(evidence or {})}
    try:
        for consent_id in signup.consents:
            confirm_consent(signup.shop, consent_id, said, now)
    except Refused:
        return None  # withdrawn meanwhile: a later "no" wins over an older "yes"
    if signup.topics:
        choose_topics(signup.shop, signup.customer_id, dict.fromkeys(signup.topics, True), now, source=SOURCE)
    Identity._base_manager.filter(customer_id=signup.customer_id, kind="email", verified_at=None).update(
        verified_at=now
    )
    signup.state, signup.confirmed_at = Signup.State.CONFIRMED, now
    signup.save(update_fields=["state", "confirmed_at"])
    return signup


def known_signup(token: str, now: datetime) -> Signup | None:
    """The sign-up that a token would confirm, for the page that asks; nothing is changed."""
    pk = tokens.read(token, now)
    found = Signup._base_manager.select_related("shop", "form", "text").filter(pk=pk or 0).first()
    return found if found and found.customer_id and found.state != Signup.State.EXPIRED else None


@transaction.atomic
def expire(shop: Shop, now: datetime, limit: int = 500) -> int:
    """Takes back what nobody confirmed in time: the pending consents, and people of whom nothing else is known."""
    old = Signup._base_manager.filter(shop=shop, state=Signup.State.PENDING, created_at__lt=now - EXPIRES)
    rows = list(old.order_by("created_at")[:limit])
    if not rows:
        return 0
    Consent._base_manager.filter(
        shop=shop, pk__in=[pk for row in rows for pk in row.consents], state=Consent.State.PENDING
    ).delete()
    Signup._base_manager.filter(pk__in=[row.pk for row in rows]).update(state=Signup.State.EXPIRED)
    made = {row.customer_id for row in rows if row.made_customer and row.customer_id}
    kept = set(Order._base_manager.filter(customer_id__in=made).values_list("customer_id", flat=True))
    kept |= set(Consent._base_manager.filter(customer_id__in=made).values_list("customer_id", flat=True))
    kept |= set(
        Signup._base_manager.filter(customer_id__in=made)
        .exclude(state=Signup.State.EXPIRED)
        .values_list("customer_id", flat=True)
    )
    Customer._base_manager.filter(pk__in=made - kept).delete()
    return len(rows)
