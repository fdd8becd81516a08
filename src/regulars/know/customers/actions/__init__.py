"""Verbs of customers: upsert, find or create, merge, erase, export."""

from .drafts import CustomerDraft, PostalDraft, Upserted, normalised, number_for
from .identify import identify
from .persons import Receipt, erase, export, merge
from .postal import change_postal, note_returned
from .tags import tag, tidy_tag, untag
from .upsert import ensure_numbers, find_or_create_by_number, ids_by_number, number_of, upsert_customers

__all__ = [
    "CustomerDraft",
    "PostalDraft",
    "Receipt",
    "Upserted",
    "change_postal",
    "ensure_numbers",
    "erase",
    "export",
    "find_or_create_by_number",
    "identify",
    "ids_by_number",
    "merge",
    "normalised",
    "note_returned",
    "number_for",
    "number_of",
    "tag",
    "tidy_tag",
    "untag",
    "upsert_customers",
]
