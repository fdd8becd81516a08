"""What is done to the customers of the shop of `page.py`: two running playbooks, the draft of a journey, and campaigns."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

MAIL = "<mj-section><mj-column><mj-text>Hallo {{ customer.first_name }}</mj-text></mj-column></mj-section>"
PLAYBOOKS = ("win_back", "birthday_gift")


def begin_measures(shop: Any, now: datetime) -> None:
    """The playbooks; the next version of the first is being written, with a rule at its trigger and at a branch."""
    from regulars.journeys import actions

    for playbook in PLAYBOOKS:
        actions.launch(shop, playbook, {}, now - timedelta(days=300))
    often = {"all": [{"field": "orders", "op": "at_least", "value": 3}]}
    heard = {"all": [{"did": "event", "type": "message.sent", "within_days": 30}]}
    key = PLAYBOOKS[0].replace("_", "-")
    document = {
        **actions.document_for(shop, key),
        "trigger": {"kind": "event", "type": "order.placed", "profile": often},
        "steps": [
            {"key": "asks", "kind": "branch", "params": {"profile": heard, "then": "ends"}},
            {"key": "notes", "kind": "tag", "params": {"add": "heard"}},
            {"key": "ends", "kind": "exit", "params": {}},
        ],
    }
    actions.save_draft(shop, document, now)


def begin_campaigns(shop: Any, now: datetime) -> None:
    """One that went out in two arms, and a draft. Launched without a look at its audience: there are no customers yet."""
    from regulars.decide.goals import actions as goals
    from regulars.decide.segments.models import Segment
    from regulars.journeys import actions as journeys
    from regulars.journeys.campaigns import actions
    from regulars.journeys.campaigns.blueprint import document_of
    from regulars.journeys.campaigns.models import Campaign, arms_of
    from regulars.reach.messaging import actions as messaging
    from regulars.reach.messaging.models import Template

    messaging.save_template(shop, "spring", "Spring", "de", "Neu im Frühling", "Ein Gruß", MAIL, now)
    template = Template._base_manager.get(shop=shop, key="spring")
    segment = Segment._base_manager.get(shop=shop, key="segment-0")
    arms = [actions.ArmDraft(template, {"de": text}, share=Decimal("0.5")) for text in ("Eins", "Zwei")]
    values = {
        "goal": "hold", "kpi": "customer_retention_rate", "segment": segment, "holdout_share": Decimal("0.1"),
        "outcome_days": 14, "tests": "subject",
    }  # fmt: skip
    actions.save(shop, {**values, "name": "Draft"}, arms, now)
    row = actions.save(shop, {**values, "name": "Spring"}, arms, now)
    measure = goals.create_measure(
        shop, row.key, row.name, row.goal, row.kpi, holdout_share=row.holdout_share, outcome_days=14, now=now
    )
    journeys.publish(measure, document_of(row, arms_of(row)), now)
    goals.start_measure(measure, now - timedelta(days=3))
    Campaign._base_manager.filter(pk=row.pk).update(
        measure=measure, status=Campaign.Status.SENDING, begins_at=now, began_at=now - timedelta(days=3)
    )
