"""Which measures send which template: the current definitions say so."""

from collections.abc import Mapping

from regulars.core.models import Shop
from regulars.decide.goals.models import Measure
from regulars.reach.messaging.usage import Use, template_uses

from .models import Journey


@template_uses
def measures(shop: Shop) -> Mapping[str, list[Use]]:
    """One query."""
    uses: dict[str, list[Use]] = {}
    for journey in Journey._base_manager.filter(shop=shop, is_current=True).select_related("measure"):
        measure = journey.measure
        use = Use(measure.name, measure.status == Measure.Status.RUNNING, "measure", measure.key)
        for step in journey.definition.get("steps", []):
            key = step.get("params", {}).get("template")
            if key and use not in uses.setdefault(key, []):
                uses[key].append(use)
    return uses
