"""What happens to customers and their addresses when customers are merged, exported or erased."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.personal_data import declare

from .models import Customer, Identity, PostalAddress, Tag

TOLD = (
    "number", "first_name", "last_name", "locale", "timezone", "country",
    "birthday_day", "birthday_month", "birthday_year", "since", "created_at",
)  # fmt: skip


def _merge_customer(shop: Shop, from_id: int, into_id: int, now: datetime) -> None:
    """What only the old record knows is taken over; all that led to it leads to the new one."""
    rows = Customer._base_manager.in_bulk([from_id, into_id])
    source, target = rows[from_id], rows[into_id]
    for name in ("first_name", "last_name", "locale", "timezone", "country"):
        setattr(target, name, getattr(target, name) or getattr(source, name))
    if target.birthday_day is None:
        for name in ("birthday_day", "birthday_month", "birthday_year"):
            setattr(target, name, getattr(source, name))
    target.since = min((one for one in (source.since, target.since) if one is not None), default=None)
    target.updated_at = now
    target.save()
    Customer._base_manager.filter(merged_into=from_id).update(merged_into=into_id)
    Customer._base_manager.filter(pk=from_id).update(
        merged_into=into_id,
        first_name="",
        last_name="",
        birthday_day=None,
        birthday_month=None,
        birthday_year=None,
        updated_at=now,
    )


def _export_customer(shop: Shop, customer_id: int) -> list[dict[str, Any]]:
    return list(Customer._base_manager.filter(shop=shop, pk=customer_id).values(*TOLD))


def _erase_customer(shop: Shop, customer_ids: Sequence[int], now: datetime) -> None:
    Customer._base_manager.filter(shop=shop, pk__in=customer_ids).update(
        number=Concat(Value("erased-"), Cast(F("pk"), CharField())),
        first_name="",
        last_name="",
        locale="",
        timezone="",
        country="",
        birthday_day=None,
        birthday_month=None,
        birthday_year=None,
        erased_at=now,
        updated_at=now,
    )


def _merge_identities(shop: Shop, from_id: int, into_id: int, now: datetime) -> None:
    """Addresses move; the surviving customer's primary ones stay primary."""
    kinds = list(Identity._base_manager.filter(customer=into_id, is_primary=True).values_list("kind", flat=True))
    moved = Identity._base_manager.filter(customer=from_id)
    moved.filter(kind__in=kinds).update(is_primary=False)
    moved.update(customer_id=into_id)


declare(
    Identity,
    title=_("Addresses"),
    merge=_merge_identities,
    export=("kind", "value", "verified_at", "created_at"),
    erase="delete",
)
declare(
    Customer,
    title=_("Customer"),
    merge=_merge_customer,
    export=_export_customer,
    erase=_erase_customer,
    customer="merged_into",
    order=90,
)


def _merge_tags(shop: Shop, from_id: int, into_id: int, now: datetime) -> None:
    """The surviving customer has the tags of both."""
    there = Tag._base_manager.filter(customer=into_id).values_list("name", flat=True)
    Tag._base_manager.filter(customer=from_id).exclude(name__in=list(there)).update(customer_id=into_id)
    Tag._base_manager.filter(customer=from_id).delete()


declare(Tag, title=_("Tags"), merge=_merge_tags, export=("name", "at"), erase="delete")


def _merge_postal(shop: Shop, from_id: int, into_id: int, now: datetime) -> None:
    """The surviving customer keeps the own address; without one the other's is taken over."""
    if not PostalAddress._base_manager.filter(customer=into_id).exists():
        PostalAddress._base_manager.filter(customer=from_id).update(customer_id=into_id)
    PostalAddress._base_manager.filter(customer=from_id).delete()


declare(
    PostalAddress,
    title=_("Postal address"),
    merge=_merge_postal,
    export=("recipient", "street", "postal_code", "city", "region", "country", "updated_at"),
    erase="delete",
)
