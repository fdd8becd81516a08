"""The panel on a customer's page: what the shop wrote to them, and what became of it."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.pages import panel
from regulars.know.timeline.models import Event

from .event_types import MESSAGE_REPLIED
from .models import Message, SendingPause

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


@panel("measure", key="paused", title=_("Paused"), permission="view_figures", order=10, place="top")
def paused(request: HttpRequest, shop: Shop, subject: Any) -> tuple[str, dict[str, Any]] | None:
    """Why the measure paused itself, how many messages wait, and the button that continues it."""
    pause = SendingPause._base_manager.filter(measure=subject, ended_at=None).first()
    if pause is None:
        return None
    waiting = Message._base_manager.filter(measure=subject, status__in=(Message.Status.WAITING, Message.Status.DUE))
    return "messaging/paused.html", {
        "pause": pause,
        "share": pause.hits / max(1, pause.sent),
        "waiting": waiting.count(),
        "measure": subject,
        "permissions": request.permissions,  # type: ignore[attr-defined]
        "shop": shop,
    }


@panel("customer", key="replies", title=_("Replies"), permission="view_customers", order=31)
def replies(request: HttpRequest, shop: Shop, subject: Any) -> tuple[str, dict[str, Any]] | None:
    """The newest answers of the customer to our messages. One query."""
    rows = Event._base_manager.filter(shop=shop, customer_id=subject.pk, type=MESSAGE_REPLIED).order_by("-at", "-pk")
    newest = [row for row in rows[:SHOWN] if row.data]
    return ("messaging/replies.html", {"rows": newest}) if newest else None
