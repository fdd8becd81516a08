"""Verbs of customers: upsert, find or create, merge, erase, export."""

from .drafts import CustomerDraft, Upserted, normalised, number_for
from .identify import identify
from .persons import Receipt, erase, export, merge
from .tags import tag, tidy_tag, untag
from .upsert import ensure_numbers, find_or_create_by_number, ids_by_number, number_of, upsert_customers

__all__ = [
    "CustomerDraft",
    "Receipt",
    "Upserted",
    "ensure_numbers",
    "erase",
    "export",
    "find_or_create_by_number",
    "identify",
    "ids_by_number",
    "merge",
    "normalised",
    "number_for",
    "number_of",
    "tag",
    "tidy_tag",
    "untag",
    "upsert_customers",
]
