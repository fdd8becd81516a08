"""The trigger `api`: a program names the customers."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.models import Shop
from regulars.journeys.kinds import Params, TriggerKind, Wording
from regulars.know.customers.models import Customer


class Called(TriggerKind):
    """`POST /api/v1/journeys/KEY/enrol` with a key of the scope journeys:enrol. A repeated call lets nobody in twice."""

    key = "api"
    title = gettext_lazy("A program calls")
    icon = "plug"

    def audience(self, shop: Shop, params: Params, now: datetime) -> Any:
        return Customer._base_manager.filter(shop=shop, merged_into=None, erased_at=None)

    def describe(self, params: Params, playbook: Wording) -> str:
        return _("When a program names customers")
