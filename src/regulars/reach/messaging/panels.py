"""The panel on a customer's page: what the shop wrote to them, and what became of it."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.pages import panel

from .models import Message

SHOWN = 10
TONES = {
    Message.Status.DONE: "success",
    Message.Status.FAILED: "error",
    Message.Status.UNCERTAIN: "warning",
    Message.Status.CANCELLED: "neutral",
}


@panel("customer", key="messages", title=_("Messages"), permission="view_customers", order=30)
def messages(request: HttpRequest, shop: Shop, subject: Any) -> tuple[str, dict[str, Any]] | None:
    """The newest messages with their state, whether they were opened and clicked. Two queries."""
    rows = Message._base_manager.filter(shop=shop, customer_id=subject.pk)
    newest = list(
        rows.select_related("version__template", "measure").defer("values").order_by("-created_at", "-pk")[:SHOWN]
    )
    if not newest:
        return None
    total = rows.count()
    return "messaging/panel.html", {
        "rows": [
            {
                "message": row,
                "tone": TONES.get(Message.Status(row.status), "info"),
                "at": row.sent_at or row.due_at or row.created_at,
            }
            for row in newest
        ],
        "more": max(0, total - SHOWN),
        "shop": shop,
    }
