"""Verbs of journeys: launch and stop a measure, enrol customers, advance enrolments."""

from .advance import Advanced, advance_batch
from .enrol import Enrolled, enrol
from .publish import Audience, audience_customers, audience_of, clear_stopped, launch, publish, stop

__all__ = [
    "Advanced",
    "Audience",
    "Enrolled",
    "advance_batch",
    "audience_customers",
    "audience_of",
    "clear_stopped",
    "enrol",
    "launch",
    "publish",
    "stop",
]
