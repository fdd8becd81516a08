"""The journey of a campaign, as a document: what is frozen when it is launched."""

from collections.abc import Sequence
from typing import Any

from .models import Arm, Campaign

TEST = "test"
"""The step that draws the arm."""
REST = "rest"
"""The way, and the step, of those who wait for the winner."""
STOP_AFTER = 365


def document_of(campaign: Campaign, arms: Sequence[Arm]) -> dict[str, Any]:
    """The journey: by lot to an arm or to those who wait; in each arm its hour, its pace, its voucher, its message."""
    steps: list[dict[str, Any]] = []
    if len(arms) > 1:
        steps.append({"key": TEST, "kind": "split", "params": {"ways": ways(campaign, arms)}})
        if campaign.waits_for_winner:
            steps.append({"key": REST, "kind": "winner", "params": {}})
    for arm in arms:
        steps += arm_steps(campaign, arm)
    trigger: dict[str, Any] = {"kind": "campaign"}
    if campaign.segment is not None:
        trigger["segment"] = campaign.segment.key
    else:
        trigger["rule"] = campaign.rule or {}
    if campaign.topic is not None:
        trigger["topic"] = campaign.topic.key
    return {
        "format": 1,
        "key": campaign.key,
        "name": campaign.name,
        "goal": campaign.goal,
        "kpi": campaign.kpi,
        "holdout": float(campaign.holdout_share),
        "outcome_days": campaign.outcome_days,
        "reentry": {"rule": "once"},
        "stop": {"after_days": STOP_AFTER},
        "trigger": trigger,
        "steps": steps,
    }


def ways(campaign: Campaign, arms: Sequence[Arm]) -> list[dict[str, Any]]:
    """The shares of all: those of the arms are shares of the part that is tried out."""
    part = float(campaign.test_share) if campaign.waits_for_winner and campaign.test_share else 1.0
    total = sum(float(arm.share) for arm in arms)
    found: list[dict[str, Any]] = [
        {"key": arm.key, "share": part * float(arm.share) / total, "to": first_step(campaign, arm)} for arm in arms
    ]
    if part < 1:
        found.append({"key": REST, "share": 1 - part})
    return found


def arm_steps(campaign: Campaign, arm: Arm) -> list[dict[str, Any]]:
    """The steps of one arm. Their keys begin with that of the arm."""
    steps: list[dict[str, Any]] = []
    if campaign.timing == Campaign.Timing.LOCAL:
        steps.append({"key": f"{arm.key}-hour", "kind": "wait", "params": {"until_hour": arm.hour}})
    if campaign.per_hour:
        steps.append({"key": f"{arm.key}-pace", "kind": "pace", "params": {"per_hour": campaign.per_hour}})
    if arm.offer:
        steps.append({"key": f"{arm.key}-gift", "kind": "issue_voucher", "params": dict(arm.offer)})
    said: dict[str, Any] = {"template": arm.template.key if arm.template else "", "within_hours": campaign.within_hours}
    if arm.subjects:
        said["subject"] = dict(arm.subjects)
    if arm.offer:
        said["voucher"] = f"{arm.key}-gift"
    steps.append({"key": f"{arm.key}-send", "kind": "campaign_send", "params": said})
    steps.append({"key": f"{arm.key}-end", "kind": "exit", "params": {}})
    return steps


def first_step(campaign: Campaign, arm: Arm) -> str:
    """Where the way of an arm begins."""
    return str(arm_steps(campaign, arm)[0]["key"])
