"""Tables of the ground: Shop, Staff, Membership, ApiKey, AuditEntry, TimetableEntry, Tally."""

from .access import ApiKey, Membership, Staff
from .audit import AuditEntry
from .shop import Shop
from .tally import Tally
from .timetable import TimetableEntry

__all__ = ["ApiKey", "AuditEntry", "Membership", "Shop", "Staff", "Tally", "TimetableEntry"]
