"""Verbs of the intake: accept a batch of events, normalise what was accepted, answer a call once, try again, forget."""

from .accept import Accepted, Caller, accept_events
from .keep import forget, try_again
from .normalise import normalise
from .once import Call, Work, answer_once, rounds

__all__ = [
    "Accepted",
    "Call",
    "Caller",
    "Work",
    "accept_events",
    "answer_once",
    "forget",
    "normalise",
    "rounds",
    "try_again",
]
