"""Verbs of the contact policy: consents, restrictions, requests, and the gate itself."""

from .confirming import Verdict, confirm
from .consents import ConsentDraft, confirm_consent, grant_consent, grant_consents, withdraw_consent
from .granting import grant_due
from .preferences import FREQUENCIES, choose_topics, save_topic, wish_frequency
from .requests import (
    Wish,
    enrolment_checks,
    note_consent_use,
    note_decisions,
    postpone,
    primary_addresses,
    replan,
    request,
    use,
    withdraw_requests,
)
from .restrictions import (
    freeze,
    lift_objection,
    lift_suppression,
    object_to_advertising,
    suppress,
    suppress_all,
    thaw,
)

__all__ = [
    "FREQUENCIES",
    "ConsentDraft",
    "Verdict",
    "Wish",
    "choose_topics",
    "confirm",
    "confirm_consent",
    "enrolment_checks",
    "freeze",
    "grant_consent",
    "grant_consents",
    "grant_due",
    "lift_objection",
    "lift_suppression",
    "note_consent_use",
    "note_decisions",
    "object_to_advertising",
    "postpone",
    "primary_addresses",
    "replan",
    "request",
    "save_topic",
    "suppress",
    "suppress_all",
    "thaw",
    "use",
    "wish_frequency",
    "withdraw_consent",
    "withdraw_requests",
]
