"""Which campaigns not yet launched send which template; those launched have a journey, which tells it."""

from collections.abc import Mapping

from regulars.core.models import Shop
from regulars.reach.messaging.usage import Use, template_uses

from .models import Arm, Campaign


@template_uses
def campaigns(shop: Shop) -> Mapping[str, list[Use]]:
    """One query."""
    uses: dict[str, list[Use]] = {}
    rows = Arm.objects.filter(campaign__shop=shop, campaign__status=Campaign.Status.DRAFT, template__isnull=False)
    for arm in rows.select_related("campaign", "template"):
        use = Use(arm.campaign.name, False, "campaign", arm.campaign.key)
        if arm.template is not None and use not in uses.setdefault(arm.template.key, []):
            uses[arm.template.key].append(use)
    return uses
