"""Which shops a person works for, and what they may do there."""

from dataclasses import dataclass
from typing import Any

from regulars.core.models import Membership, Shop
from regulars.core.roles import PERMISSIONS, ROLE_PERMISSIONS, Role


@dataclass(frozen=True)
class Workplace:
    """A shop and what this person may do in it."""

    shop: Shop
    permissions: frozenset[str]
    role: Any


def workplaces(staff: Any) -> list[Workplace]:
    """The shops of a person, by name. One query; a superuser works for all of them."""
    if not getattr(staff, "is_authenticated", False) or not staff.is_active:
        return []
    if staff.is_superuser:
        return [Workplace(shop, frozenset(PERMISSIONS), Role.OWNER.label) for shop in Shop.objects.order_by("name")]
    rows = Membership.objects.filter(staff=staff).select_related("shop").order_by("shop__name")
    return [Workplace(row.shop, ROLE_PERMISSIONS.get(row.role, frozenset()), row.get_role_display()) for row in rows]
