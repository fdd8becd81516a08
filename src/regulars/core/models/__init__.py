"""Tables of the ground: Shop, Staff, Membership, ApiKey, AuditEntry, TimetableEntry."""

from .access import ApiKey, Membership, Staff
from .audit import AuditEntry
from .shop import Shop
from .timetable import TimetableEntry

__all__ = ["ApiKey", "AuditEntry", "Membership", "Shop", "Staff", "TimetableEntry"]
