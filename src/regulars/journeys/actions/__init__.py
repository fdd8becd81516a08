"""Verbs of journeys: launch and stop a measure, enrol customers, advance enrolments."""

from .advance import Advanced, advance_batch
from .drafts import delete_draft, document_for, publish_draft, published_document, save_draft
from .enrol import Enrolled, enrol
from .hear import hear, wake, write_occasions
from .publish import Audience, audience_customers, audience_of, clear_stopped, launch, publish, stop
from .take_in import enrol_called, take_in_page

__all__ = [
    "Advanced",
    "Audience",
    "Enrolled",
    "advance_batch",
    "audience_customers",
    "audience_of",
    "clear_stopped",
    "delete_draft",
    "document_for",
    "enrol",
    "enrol_called",
    "hear",
    "launch",
    "publish",
    "publish_draft",
    "published_document",
    "save_draft",
    "stop",
    "take_in_page",
    "wake",
    "write_occasions",
]
