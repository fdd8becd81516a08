"""Verbs of the ground: audit, make a shop, staff, keys."""

import hashlib
import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from .errors import Refused
from .models import ApiKey, AuditEntry, Membership, Shop, Staff
from .roles import Role


def audit(
    verb: str, *, now: datetime, shop: Shop | None = None, staff: Staff | None = None, target: Any = None, **data: Any
) -> AuditEntry:
    """Writes an AuditEntry in the transaction of the caller. `target` is a row, or None."""
    return AuditEntry.objects.create(
        shop=shop,
        at=now,
        staff=staff,
        verb=verb,
        target_type=target._meta.label if target is not None else "",
        target_id=str(target.pk) if target is not None else "",
        data=data,
    )


@transaction.atomic
def create_shop(slug: str, *, now: datetime, staff: Staff | None = None, **fields: Any) -> Shop:
    """Makes a shop. Raises Refused naming the field when a value does not fit."""
    from django.core.exceptions import ValidationError

    shop = Shop(slug=slug, **{"name": slug.replace("-", " ").title(), **fields})
    try:
        shop.full_clean()
    except ValidationError as error:
        text = "; ".join(f"{name}: {' '.join(words)}" for name, words in error.message_dict.items())
        raise Refused(f"the shop cannot be made: {text}") from error
    shop.save()
    audit("shop.created", now=now, shop=shop, staff=staff, target=shop)
    return shop


@transaction.atomic
def create_staff(
    email: str,
    *,
    now: datetime,
    shop: Shop | None = None,
    role: str = Role.OWNER,
    password: str | None = None,
    by: Staff | None = None,
    **fields: Any,
) -> Staff:
    """Makes a person (or takes the one with that address) and gives them a role in `shop`."""
    person = Staff.objects.filter(email=email.lower()).first()
    if person is None:
        person = Staff.objects.create_user(email, password, **fields)
    if shop is not None:
        Membership.objects.update_or_create(shop=shop, staff=person, defaults={"role": role})
    audit("staff.added", now=now, shop=shop, staff=by, target=person, role=role)
    return person


@transaction.atomic
def change_shop(
    shop: Shop, *, now: datetime, staff: Staff | None = None, is_currency_free: bool = False, **fields: Any
) -> Shop:
    """Changes settings of a shop. Raises Refused naming the field when a value does not fit.

    The currency stays unless `is_currency_free` (the caller knows whether there are orders, whose amounts are in it).
    """
    from django.core.exceptions import ValidationError

    before = {name: getattr(shop, name) for name in fields}
    changed = {name: value for name, value in fields.items() if value != before[name]}
    if "currency" in changed and not is_currency_free:
        raise Refused(_("The currency cannot be changed any more: there are orders in it."))
    for name, value in changed.items():
        setattr(shop, name, value)
    try:
        shop.full_clean()
    except ValidationError as error:
        for name, value in before.items():
            setattr(shop, name, value)
        text = "; ".join(f"{name}: {' '.join(words)}" for name, words in error.message_dict.items())
        raise Refused(_("The settings cannot be saved: %(problems)s") % {"problems": text}) from error
    if changed:
        shop.save(update_fields=sorted(changed))
        audit("shop.changed", now=now, shop=shop, staff=staff, target=shop, fields=sorted(changed))
    return shop


@transaction.atomic
def change_role(shop: Shop, person: Staff, role: str, *, now: datetime, by: Staff | None = None) -> None:
    """Gives a person of the shop another role. Raises Refused when nobody would be owner any more."""
    if role not in Role.values:
        raise Refused(_("“%(role)s” is not a role.") % {"role": role})
    places = Membership.objects.select_for_update().filter(shop=shop)
    _keep_an_owner(list(places), person, role)
    if places.filter(staff=person).exclude(role=role).update(role=role):
        audit("staff.role_changed", now=now, shop=shop, staff=by, target=person, role=role)


@transaction.atomic
def remove_staff(shop: Shop, person: Staff, *, now: datetime, by: Staff | None = None) -> None:
    """Takes a person out of the shop. Raises Refused when nobody would be owner any more. Idempotent."""
    places = Membership.objects.select_for_update().filter(shop=shop)
    _keep_an_owner(list(places), person, "")
    deleted, _rows = places.filter(staff=person).delete()
    if deleted:
        audit("staff.removed", now=now, shop=shop, staff=by, target=person)


def _keep_an_owner(places: list[Membership], person: Staff, role: str) -> None:
    others = [place for place in places if place.staff_id != person.pk and place.role == Role.OWNER]
    if not others and role != Role.OWNER:
        raise Refused(_("Somebody must stay owner of the shop."))


@transaction.atomic
def create_api_key(
    shop: Shop, name: str, scopes: list[str], *, now: datetime, staff: Staff | None = None
) -> tuple[ApiKey, str]:
    """Makes a key and returns it with its text, which is kept nowhere."""
    text = f"rg_{secrets.token_urlsafe(32)}"
    key = ApiKey._base_manager.create(
        shop=shop,
        name=name,
        prefix=text[:8],
        digest=hashlib.sha256(text.encode()).hexdigest(),
        scopes=scopes,
        created_at=now,
        created_by=staff,
    )
    audit("api_key.created", now=now, shop=shop, staff=staff, target=key, scopes=scopes)
    return key, text


@transaction.atomic
def revoke_api_key(key: ApiKey, *, now: datetime, staff: Staff | None = None) -> None:
    """Ends a key at once. Idempotent."""
    if key.revoked_at is None:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
        audit("api_key.revoked", now=now, shop=key.shop, staff=staff, target=key)


def find_api_key(text: str) -> ApiKey | None:
    """The live key with this text. Looked up by digest, so the time taken tells nothing."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return ApiKey._base_manager.select_related("shop").filter(digest=digest, revoked_at=None).first()


def note_key_use(key: ApiKey, now: datetime) -> None:
    """Remembers when a key was used last, to the minute."""
    if key.last_used_at is None or (now - key.last_used_at).total_seconds() > 60:
        ApiKey._base_manager.filter(pk=key.pk).update(last_used_at=now)
