"""Verbs of journeys: launch and stop a measure, enrol customers, advance enrolments."""

from .advance import Advanced, advance_batch
from .drafts import delete_draft, document_for, publish_draft, published_document, save_draft
from .editing import can_turn, copy_document, draft_of, edit_draft, redo, undo
from .enrol import Enrolled, enrol
from .hear import hear, wake, write_occasions
from .publish import Audience, audience_customers, audience_of, clear_stopped, launch, publish, stop
from .rehearse import rehearse, rehearse_page
from .take_in import enrol_called, take_in_page

__all__ = [
    "Advanced",
    "Audience",
    "Enrolled",
    "advance_batch",
    "audience_customers",
    "audience_of",
    "can_turn",
    "clear_stopped",
    "copy_document",
    "delete_draft",
    "document_for",
    "draft_of",
    "edit_draft",
    "enrol",
    "enrol_called",
    "hear",
    "launch",
    "publish",
    "publish_draft",
    "published_document",
    "redo",
    "rehearse",
    "rehearse_page",
    "save_draft",
    "stop",
    "take_in_page",
    "undo",
    "wake",
    "write_occasions",
]
