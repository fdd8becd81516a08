"""Verbs of messaging: save a template, queue messages, send what is due, note what became of them."""

from .brand import describe_media, remove_media, save_brand, upload
from .drafts import (
    begin_template,
    compiled,
    publish_template,
    remove_template,
    rename_template,
    save_draft,
    written,
)
from .holding import hold, release
from .news import judge, note_click, note_open, unsubscribe
from .queueing import NOTHING, MessageDraft, queue, states_of
from .sending import give_up_lost, schedule, send_due, system_values
from .templates import content_of, known_variables, save_template

__all__ = [
    "NOTHING",
    "MessageDraft",
    "begin_template",
    "compiled",
    "content_of",
    "describe_media",
    "give_up_lost",
    "hold",
    "judge",
    "known_variables",
    "note_click",
    "note_open",
    "publish_template",
    "queue",
    "release",
    "remove_media",
    "remove_template",
    "rename_template",
    "save_brand",
    "save_draft",
    "save_template",
    "schedule",
    "send_due",
    "states_of",
    "system_values",
    "unsubscribe",
    "upload",
    "written",
]
