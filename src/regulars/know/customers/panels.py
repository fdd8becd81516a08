"""Panels on a customer's page: tags, postal address."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.pages import panel

from .models import PostalAddress, Tag


@panel("customer", key="tags", title=_("Tags"), permission="view_customers", order=20, place="side")
def tags(request: HttpRequest, shop: Shop, subject: Any) -> tuple[str, dict[str, Any]] | None:
    """The customer's tags; who may edit customers sets and removes them here."""
    may = "edit_customers" in request.permissions  # type: ignore[attr-defined]
    rows = list(Tag.objects.filter(customer=subject).order_by("name"))
    if not rows and not may:
        return None
    known = Tag.objects.order_by("name").values_list("name", flat=True).distinct()[:100] if may else []
    return "customers/tags_panel.html", {"rows": rows, "customer": subject, "may": may, "known": known, "shop": shop}


@panel("customer", key="postal", title=_("Postal address"), permission="view_customers", order=22, place="side")
def postal(request: HttpRequest, shop: Shop, subject: Any) -> tuple[str, dict[str, Any]] | None:
    """Where letters go; who may edit customers changes it."""
    may = "edit_customers" in request.permissions  # type: ignore[attr-defined]
    row = PostalAddress.objects.filter(customer=subject).first()
    if row is None and not may:
        return None
    return "customers/postal_panel.html", {"row": row, "customer": subject, "may": may}
