"""Verbs of campaigns: write a draft, launch it, pause, resume, cancel; what the sweeps do to one that is under way."""

from .drafts import ArmDraft, copy, delete, problems, save
from .launching import begin, launch
from .running import cancel, finish, pause, resume, straighten
from .winning import decide

__all__ = [
    "ArmDraft",
    "begin",
    "cancel",
    "copy",
    "decide",
    "delete",
    "finish",
    "launch",
    "pause",
    "problems",
    "resume",
    "save",
    "straighten",
]
