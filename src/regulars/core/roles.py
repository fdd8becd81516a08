"""Roles and what each may do. One table, read by every view, page and API call."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from .models import Shop, Staff


class Role(models.TextChoices):
    OWNER = "owner", _("owner")
    MARKETER = "marketer", _("marketing")
    SERVICE = "service", _("service")
    ANALYST = "analyst", _("analysis")
    TILL = "till", _("till")


PERMISSIONS: dict[str, Any] = {
    "view_figures": _("see figures and effects"),
    "view_customers": _("see customers, their orders and messages"),
    "edit_customers": _("merge, export and erase customers"),
    "do_tasks": _("see and do tasks"),
    "manage_segments": _("make and change segments"),
    "manage_measures": _("make, start and stop measures"),
    "manage_templates": _("write mails and set their look"),
    "view_vouchers": _("look vouchers up"),
    "manage_vouchers": _("make offers and vouchers"),
    "redeem_vouchers": _("redeem vouchers"),
    "view_gatherings": _("see gatherings and their numbers"),
    "manage_gatherings": _("plan gatherings and invite to them"),
    "check_in_guests": _("check in who comes to a gathering"),
    "make_calls": _("call customers of the call list and say what came of it"),
    "pack_parcels": _("put notes and gifts into parcels at the pack bench"),
    "print_letters": _("print letters"),
    "import_data": _("import files"),
    "manage_settings": _("change settings, staff and keys"),
}

ROLE_PERMISSIONS: dict[str, frozenset[str]] = {
    Role.OWNER: frozenset(PERMISSIONS),
    Role.MARKETER: frozenset(
        {
            "view_figures",
            "view_customers",
            "do_tasks",
            "manage_segments",
            "manage_measures",
            "manage_templates",
            "view_vouchers",
            "manage_vouchers",
            "redeem_vouchers",
            "view_gatherings",
            "manage_gatherings",
            "check_in_guests",
            "make_calls",
            "pack_parcels",
            "print_letters",
            "import_data",
        }
    ),
    Role.SERVICE: frozenset(
        {
            "view_customers",
            "edit_customers",
            "do_tasks",
            "view_vouchers",
            "redeem_vouchers",
            "view_gatherings",
            "check_in_guests",
            "make_calls",
            "pack_parcels",
            "print_letters",
        }
    ),
    Role.ANALYST: frozenset({"view_figures", "view_customers", "manage_segments", "view_vouchers", "view_gatherings"}),
    Role.TILL: frozenset({"view_vouchers", "redeem_vouchers", "view_gatherings", "check_in_guests", "pack_parcels"}),
}


def role_of(staff: "Staff", shop: "Shop") -> str | None:
    """The role of `staff` in `shop`, or None. One query."""
    from .models import Membership

    return Membership.objects.filter(staff=staff, shop=shop).values_list("role", flat=True).first()


def permissions_of(staff: Any, shop: "Shop") -> frozenset[str]:
    """All that `staff` may do in `shop`; nothing for strangers and people switched off."""
    if not getattr(staff, "is_authenticated", False) or not staff.is_active:
        return frozenset()
    if staff.is_superuser:
        return frozenset(PERMISSIONS)
    return ROLE_PERMISSIONS.get(role_of(staff, shop) or "", frozenset())
