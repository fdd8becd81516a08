"""Verbs of messaging: save a template, queue messages, send what is due, note what became of them."""

from .brand import describe_media, remove_media, save_brand, upload
from .by_hand import (
    decline_by_hand,
    end_by_hand,
    give_back_by_hand,
    in_hand,
    settle_by_hand,
    take_by_hand,
    waiting_by_hand,
    words_by_hand,
)
from .drafts import (
    begin_template,
    compiled,
    publish_template,
    remove_template,
    rename_template,
    save_draft,
    written,
)
from .history import record_history
from .holding import hold, release
from .news import judge, note_click, note_open, unsubscribe
from .queueing import NOTHING, MessageDraft, queue, states_of
from .returns import News, forget_news, news_of, take_in, take_in_answers
from .rules import change_rules, pause, paused_measures, resume, rules_of, watch_measures
from .sending import give_up_lost, schedule, send_due, system_values
from .templates import compiled_source, content_of, known_variables, look_of, save_template, source_of, source_on

__all__ = [
    "NOTHING",
    "MessageDraft",
    "News",
    "begin_template",
    "change_rules",
    "compiled",
    "compiled_source",
    "content_of",
    "decline_by_hand",
    "describe_media",
    "end_by_hand",
    "forget_news",
    "give_back_by_hand",
    "give_up_lost",
    "hold",
    "in_hand",
    "judge",
    "known_variables",
    "look_of",
    "news_of",
    "note_click",
    "note_open",
    "pause",
    "paused_measures",
    "publish_template",
    "queue",
    "record_history",
    "release",
    "remove_media",
    "remove_template",
    "rename_template",
    "resume",
    "rules_of",
    "save_brand",
    "save_draft",
    "save_template",
    "schedule",
    "send_due",
    "settle_by_hand",
    "source_of",
    "source_on",
    "states_of",
    "system_values",
    "take_by_hand",
    "take_in",
    "take_in_answers",
    "unsubscribe",
    "upload",
    "waiting_by_hand",
    "watch_measures",
    "words_by_hand",
    "written",
]
