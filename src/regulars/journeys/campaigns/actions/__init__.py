"""Verbs of campaigns: write a draft, launch it, pause, resume, cancel; what the sweeps do to one that is under way
or over."""

from .drafts import ArmDraft, copy, delete, problems, save
from .history import PastCampaign, Recorded, record_history
from .keeping import keep_figures
from .launching import begin, launch, look_at
from .running import cancel, finish, pause, resume, straighten
from .winning import decide

__all__ = [
    "ArmDraft",
    "PastCampaign",
    "Recorded",
    "begin",
    "cancel",
    "copy",
    "decide",
    "delete",
    "finish",
    "keep_figures",
    "launch",
    "look_at",
    "pause",
    "problems",
    "record_history",
    "resume",
    "save",
    "straighten",
]
