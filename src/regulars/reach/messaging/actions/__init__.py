"""Verbs of messaging: save a template, queue messages, send what is due, note what became of them."""

from .news import judge, note_click, note_open, unsubscribe
from .queueing import NOTHING, MessageDraft, queue, states_of
from .sending import give_up_lost, schedule, send_due, system_values
from .templates import content_of, known_variables, save_template

__all__ = [
    "NOTHING",
    "MessageDraft",
    "content_of",
    "give_up_lost",
    "judge",
    "known_variables",
    "note_click",
    "note_open",
    "queue",
    "save_template",
    "schedule",
    "send_due",
    "states_of",
    "system_values",
    "unsubscribe",
]
