"""Verbs of customers: upsert, find or create, merge, erase, export."""

from .drafts import CustomerDraft, Upserted, normalised, number_for
from .persons import Receipt, erase, export, merge
from .upsert import ensure_numbers, find_or_create_by_number, upsert_customers

__all__ = [
    "CustomerDraft",
    "Receipt",
    "Upserted",
    "ensure_numbers",
    "erase",
    "export",
    "find_or_create_by_number",
    "merge",
    "normalised",
    "number_for",
    "upsert_customers",
]
