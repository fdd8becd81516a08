"""Staff pages of customers: the list, one customer, and what can be done with one."""

from . import acts, people, person

__all__ = ["acts", "people", "person"]
