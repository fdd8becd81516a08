"""Why customers leave a journey, or are not let in, in words."""

from typing import Any

from django.utils.translation import gettext_lazy as _

DONE_REASONS = frozenset({"completed", "ordered", "goal"})
"""With these a customer has finished a journey; with all others they left it."""

EXIT_REASONS: dict[str, Any] = {
    "completed": _("went to the end"),
    "ordered": _("ordered"),
    "goal": _("reached the goal"),
    "not_sent": _("the message was not sent"),
    "no_gathering": _("the gathering was called off"),
    "too_late": _("it was too late for it"),
    "stopped": _("the measure was stopped"),
    "merged": _("merged into another customer"),
    "erased": _("erased"),
    "test": _("test customer"),
    "objection": _("objected to advertising"),
    "suppressed": _("address is suppressed"),
    "no_consent": _("no consent"),
    "no_address": _("no address"),
}


def exit_text(reason: str) -> str:
    """The words for a reason; a playbook's own reason is shown as it is."""
    return str(EXIT_REASONS.get(reason, reason.replace("_", " ")))
