"""What falls due in experiments: measures whose stop rule is met."""

from datetime import date, datetime, timedelta

from django.db.models import Count

from regulars.core import clock
from regulars.core.models import Shop
from regulars.core.sweeps import sweep
from regulars.decide.goals.actions import stop_measure
from regulars.decide.goals.models import Measure

from .models import Assignment


@sweep("experiments.stop_rules", every=timedelta(minutes=5), order=60)
def stop_rules(shop: Shop, now: datetime) -> int:
    """Stops the running measures whose rule says so; returns how many."""
    running = list(Measure._base_manager.filter(shop=shop, status=Measure.Status.RUNNING).select_related("shop"))
    counted = [measure.pk for measure in running if "after_customers" in measure.stop_rule]
    sizes: dict[int, int] = {}
    if counted:
        rows = Assignment._base_manager.filter(measure__in=counted)
        sizes = dict(rows.values("measure_id").annotate(size=Count("pk")).values_list("measure_id", "size"))
    stopped = 0
    for measure in running:
        if _is_met(measure, sizes.get(measure.pk, 0), shop, now):
            stop_measure(measure, now, reason="stop rule")
            stopped += 1
    return stopped


def _is_met(measure: Measure, customers: int, shop: Shop, now: datetime) -> bool:
    rule = measure.stop_rule
    if "after_days" in rule and measure.started_at:
        return bool(now >= measure.started_at + timedelta(days=rule["after_days"]))
    if "on" in rule:
        return clock.local_date(now, shop.timezone) >= date.fromisoformat(rule["on"])
    return "after_customers" in rule and customers >= rule["after_customers"]
