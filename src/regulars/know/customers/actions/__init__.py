"""Verbs of customers: upsert, find or create, merge, erase, export."""

from .drafts import CustomerDraft, Upserted, normalised
from .persons import Receipt, erase, export, merge
from .upsert import find_or_create_by_number, upsert_customers

__all__ = [
    "CustomerDraft",
    "Receipt",
    "Upserted",
    "erase",
    "export",
    "find_or_create_by_number",
    "merge",
    "normalised",
    "upsert_customers",
]
