"""Verbs of parcel notes."""

from .bench import Scanned, Tick, scan, tick
from .policy import change_policy, policy_of

__all__ = ["Scanned", "Tick", "change_policy", "policy_of", "scan", "tick"]
