"""Verbs of goals: make and rank the six goals; make, start and stop measures."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.core.scoping import scope

from .models import Goal, Measure

DEFAULT_KPIS: dict[str, str] = {
    Goal.Kind.WIN_BACK: "reactivated_customers",
    Goal.Kind.HOLD: "customer_retention_rate",
    Goal.Kind.BASKET: "aov_existing",
    Goal.Kind.ATTACHMENT: "returning_share",
    Goal.Kind.SATISFACTION: "nps",
    Goal.Kind.DATA: "survey_participation",
}
"""The six goals in their default rank, each with the KPI that shows it (keys of KPIS.md)."""

DEFAULT_HOLDOUT = Decimal("0.1")
STOP_RULES = ("after_days", "after_customers", "on")
DEFAULT_STOP_RULE: dict[str, Any] = {"after_days": 365}


@transaction.atomic
def create_goals(shop: Shop, now: datetime, staff: Staff | None = None) -> list[Goal]:
    """Makes the six goals in their default rank, and returns them by rank. Those that are there stay as they are."""
    goals = Goal._base_manager.filter(shop=shop)
    there = set(goals.values_list("kind", flat=True))
    missing = [kind for kind in DEFAULT_KPIS if kind not in there]
    if missing:
        order = list(DEFAULT_KPIS)
        Goal._base_manager.bulk_create(
            [Goal(shop=shop, kind=kind, rank=order.index(kind) + 1, kpi=DEFAULT_KPIS[kind]) for kind in missing],
            ignore_conflicts=True,
        )
        audit("goals.created", now=now, shop=shop, staff=staff, kinds=[str(kind) for kind in missing])
    return list(goals.order_by("rank", "pk"))


@transaction.atomic
def rank_goals(shop: Shop, kinds: Sequence[str], now: datetime, staff: Staff | None = None) -> None:
    """Ranks the six goals in the order of `kinds`. Raises Refused unless each is named once."""
    if sorted(kinds) != sorted(DEFAULT_KPIS):
        raise Refused(_("The new order must name each of the six goals once."))
    goals = {goal.kind: goal for goal in Goal._base_manager.filter(shop=shop)}
    before = sorted(goals, key=lambda kind: goals[kind].rank)
    if before == list(kinds):
        return
    for rank, kind in enumerate(kinds, start=1):
        goals[kind].rank = rank
    Goal._base_manager.bulk_update(goals.values(), ["rank"])
    audit("goals.ranked", now=now, shop=shop, staff=staff, before=before, after=list(kinds))


@transaction.atomic
def change_goal(
    goal: Goal,
    *,
    kpi: str,
    target: Decimal | None,
    budget: int | None,
    now: datetime,
    staff: Staff | None = None,
) -> Goal:
    """Sets the KPI, target (in the KPI's unit) and yearly budget (minor units) of a goal."""
    if not kpi:
        raise Refused(_("A goal needs a figure that shows whether it is reached."))
    if budget is not None and budget < 0:
        raise Refused(_("The budget cannot be below zero."))
    goal.kpi, goal.target, goal.budget = kpi, target, budget
    goal.save(update_fields=["kpi", "target", "budget"])
    audit(
        "goal.changed",
        now=now,
        shop=goal.shop,
        staff=staff,
        target=goal,
        kpi=kpi,
        aim=None if target is None else str(target),
        budget=budget,
    )
    return goal


@transaction.atomic
def create_measure(
    shop: Shop,
    key: str,
    name: str,
    goal_kind: str,
    kpi: str,
    purpose: str = Measure.Purpose.MARKETING,
    holdout_share: Decimal | float | str | None = None,
    outcome_days: int = 30,
    stop_rule: Mapping[str, Any] | None = None,
    kind: str = "journey",
    *,
    now: datetime,
    staff: Staff | None = None,
    true_effect: Mapping[str, Any] | None = None,
) -> Measure:
    """Makes a measure in draft, with its own salt for the holdout.

    holdout_share: 0 to 0.9; by default 0.1, and 0 for SERVICE, which never has one. stop_rule: one of
    {"after_days": N}, {"after_customers": N}, {"on": "2026-12-31"}; by default after a year.
    Raises Refused naming the field that does not fit, or when the key is taken.
    """
    if Measure._base_manager.filter(shop=shop, key=key).exists():
        raise Refused(_("There is a measure called “%(key)s” already. Choose another name.") % {"key": key})
    goal = next((goal for goal in create_goals(shop, now, staff) if goal.kind == goal_kind), None)
    if goal is None:
        raise Refused(_("“%(kind)s” is not one of the six goals.") % {"kind": goal_kind})
    if holdout_share is None:
        holdout_share = Decimal(0) if purpose == Measure.Purpose.SERVICE else DEFAULT_HOLDOUT
    measure = Measure(
        shop=shop,
        key=key,
        name=name,
        kind=kind,
        purpose=purpose,
        goal=goal,
        kpi=kpi,
        holdout_share=Decimal(str(holdout_share)).quantize(Decimal("0.001")),
        outcome_days=outcome_days,
        stop_rule=dict(stop_rule or DEFAULT_STOP_RULE),
        salt=secrets.token_hex(16),
        created_at=now,
        true_effect=dict(true_effect) if true_effect else None,
    )
    _check(measure)
    measure.save()
    audit("measure.created", now=now, shop=shop, staff=staff, target=measure, goal=goal_kind, kpi=kpi)
    return measure


@transaction.atomic
def change_measure(
    measure: Measure,
    *,
    name: str,
    goal_kind: str,
    kpi: str,
    purpose: str,
    holdout_share: Decimal | float | str,
    outcome_days: int,
    stop_rule: Mapping[str, Any],
    now: datetime,
    staff: Staff | None = None,
) -> Measure:
    """Changes a measure. What its effect is computed by (purpose, holdout, outcome window) stays as it was once started.

    Raises Refused naming what cannot be changed, or the field that does not fit. Unchanged values write nothing.
    """
    goal = next((goal for goal in create_goals(measure.shop, now, staff) if goal.kind == goal_kind), None)
    if goal is None:
        raise Refused(_("“%(kind)s” is not one of the six goals.") % {"kind": goal_kind})
    share = Decimal(str(holdout_share)).quantize(Decimal("0.001"))
    wanted: dict[str, Any] = {
        "name": name, "goal_id": goal.pk, "kpi": kpi, "purpose": purpose, "holdout_share": share,
        "outcome_days": outcome_days, "stop_rule": dict(stop_rule),
    }  # fmt: skip
    changed = [field for field, value in wanted.items() if getattr(measure, field) != value]
    fixed = [field for field in changed if field in ("purpose", "holdout_share", "outcome_days")]
    if fixed and measure.started_at is not None:
        words = _("%(fields)s of a measure that was started cannot be changed: its effect would not be comparable. ")
        raise Refused(words % {"fields": ", ".join(fixed)} + _("Make a new one under another short name."))
    if changed:
        for field in changed:
            setattr(measure, field, wanted[field])
        _check(measure)
        measure.save(update_fields=changed)
        told = {field: str(wanted[field]) for field in changed}
        audit("measure.changed", now=now, shop=measure.shop, staff=staff, target=measure, **told)
    return measure


def _check(measure: Measure) -> None:
    problems: dict[str, str] = {}
    try:
        with scope(shop=measure.shop):
            measure.full_clean(validate_unique=False)
    except ValidationError as error:
        problems = {name: " ".join(words) for name, words in error.message_dict.items()}
    if measure.purpose == Measure.Purpose.SERVICE and measure.holdout_share:
        problems["holdout_share"] = _("Service messages go to everybody: they have no holdout.")
    if words := stop_rule_problem(measure.stop_rule):
        problems["stop_rule"] = words
    if problems:
        text = "; ".join(f"{name}: {words}" for name, words in problems.items())
        raise Refused(_("The measure cannot be saved: %(problems)s") % {"problems": text})


def stop_rule_problem(rule: Mapping[str, Any]) -> str:
    """What is wrong with a stop rule, in words; empty when it is fine."""
    if len(rule) != 1 or next(iter(rule)) not in STOP_RULES:
        return _("Say when it ends: after days, after customers, or on a date.")
    (name, value), *_rest = rule.items()
    if name == "on":
        try:
            date.fromisoformat(str(value))
        except ValueError:
            return _("“%(value)s” is not a date such as 2026-12-31.") % {"value": value}
    elif not isinstance(value, int) or isinstance(value, bool) or value < 1:
        return _("“%(value)s” is not a whole number above 0.") % {"value": value}
    return ""


@transaction.atomic
def start_measure(measure: Measure, now: datetime, staff: Staff | None = None) -> Measure:
    """Starts a measure (again). One that runs already stays as it is."""
    fresh = Measure._base_manager.select_for_update(of=("self",)).get(pk=measure.pk)
    if fresh.status != Measure.Status.RUNNING:
        fresh.status = Measure.Status.RUNNING
        fresh.started_at = fresh.started_at or now
        fresh.stopped_at = None
        fresh.save(update_fields=["status", "started_at", "stopped_at"])
        audit("measure.started", now=now, shop=fresh.shop, staff=staff, target=fresh)
    measure.status, measure.started_at, measure.stopped_at = fresh.status, fresh.started_at, fresh.stopped_at
    return measure


@transaction.atomic
def stop_measure(measure: Measure, now: datetime, staff: Staff | None = None, reason: str = "") -> Measure:
    """Stops a measure: nobody joins any more and nothing more is sent. One that is stopped stays as it is."""
    fresh = Measure._base_manager.select_for_update(of=("self",)).get(pk=measure.pk)
    if fresh.status != Measure.Status.STOPPED:
        fresh.status = Measure.Status.STOPPED
        fresh.stopped_at = now
        fresh.save(update_fields=["status", "stopped_at"])
        audit("measure.stopped", now=now, shop=fresh.shop, staff=staff, target=fresh, reason=reason)
    measure.status, measure.stopped_at = fresh.status, fresh.stopped_at
    return measure


@transaction.atomic
def tell_true_effect(measure: Measure, truth: Mapping[str, Any], *, now: datetime) -> None:
    """Writes down what a simulation knows and an estimate cannot: the effect that is built in. Refused for real shops."""
    if not measure.shop.is_demo:
        raise Refused(_("Only a simulation knows the true effect of a measure."))
    Measure._base_manager.filter(pk=measure.pk).update(true_effect=dict(truth))
    audit("measure.truth_told", now=now, shop=measure.shop, target=measure)
