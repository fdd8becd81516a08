"""The panel on a customer's page: the measures the customer is or was in."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from regulars.core import clock
from regulars.core.models import Shop
from regulars.core.pages import panel
from regulars.journeys.figures import measures_of
from regulars.journeys.reasons import exit_text


@panel("customer", key="measures", title=_("Measures"), permission="view_customers", order=60, place="side")
def measures(request: HttpRequest, shop: Shop, subject: Any) -> tuple[str, dict[str, Any]] | None:
    """Measures with arm and outcome; why the customer was not let in."""
    rows = measures_of(shop, subject.pk, clock.now())
    if not rows:
        return None
    return "journeys/panel.html", {
        "rows": [{"row": row, "words": exit_text(row.exit_reason)} for row in rows],
        "shop": shop,
    }
