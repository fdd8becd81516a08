"""Decisions in words, for people who ask: why did this customer get this, or why not?"""

from typing import Any

from django.utils.translation import gettext as _

from .models import Decision

REASONS = (
    "ok", "erased", "test", "suppressed", "no_address", "objection", "no_consent", "frozen", "holdout", "budget", "quiet",
    "too_late", "outranked", "topic", "declined",
    "ordered", "goal", "stopped", "note_budget",
)  # fmt: skip


def reason_words(reason: str) -> str:
    """One sentence for a reason of the gate; an unknown one is shown as it is."""
    return {
        "ok": _("Allowed: nothing spoke against it."),
        "erased": _("The customer was erased or merged into another."),
        "test": _("This is a test customer."),
        "suppressed": _("The address is on the list that is never written to, for example because a message bounced."),
        "no_address": _("No address is known for this channel."),
        "objection": _("The customer objected to advertising."),
        "no_consent": _("There is no proven consent for this channel and purpose."),
        "frozen": _("Advertising is paused until an open matter is settled, such as a complaint or a late parcel."),
        "holdout": _("The customer is in the holdout, which gets nothing on purpose, so that the effect shows."),
        "budget": _("The customer got enough messages lately: the contact budget was used up."),
        "quiet": _(
            "It was quiet hours or a public holiday where the customer lives; it goes out at the next good hour."
        ),
        "too_late": _("The message would have come too late to be welcome."),
        "outranked": _("A message for a more important goal took its place."),
        "note_budget": _("The month's budget of notes in parcels was used up."),
        "declined": _("Somebody of the staff decided not to do it."),
        "ordered": _("The customer ordered before it went out, so it was not needed any more."),
        "goal": _("What it was for happened before it went out."),
        "stopped": _("The measure was stopped."),
        "topic": _("The customer does not want to hear about this topic."),
    }.get(reason, reason)


def suppression_words(reason: str) -> str:
    """Why an address is never written to; an unknown reason is shown as it is."""
    return {
        "bounced": _("The address is dead: mail came back."),
        "bounced_soft": _("Mail came back five times in a row."),
        "complained": _("The receiver reported a mail as spam."),
        "staff": _("Somebody of the staff decided so."),
        "stop": _("Somebody answered STOP to an SMS."),
        "import": _("It came with a list of such addresses."),
    }.get(reason, reason)


def tone(decision: Decision) -> str:
    """The colour of its badge."""
    return {"granted": "success", "postponed": "info"}.get(decision.outcome, "neutral")


def icon(decision: Decision) -> str:
    """The icon of its badge."""
    return {"granted": "circle-check", "postponed": "clock"}.get(decision.outcome, "circle-slash")


def shown(decision: Decision) -> dict[str, Any]:
    """A decision as the panel shows it."""
    return {
        "decision": decision,
        "words": reason_words(decision.reason),
        "tone": tone(decision),
        "icon": icon(decision),
        "what": decision.measure.name if decision.measure else _("Single message"),
    }
