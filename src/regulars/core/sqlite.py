"""SQLite: how many values one statement may carry."""

from importlib import import_module
from typing import Any

VALUES_PER_STATEMENT = 32_766
"""SQLite's own default since 3.32. Django still assumes 999, which would cut each batch into many statements."""


def raise_value_limit() -> None:
    """Lets a batch be one statement on SQLite, as it is on PostgreSQL."""
    features: Any = import_module("django.db.backends.sqlite3.base").DatabaseFeatures
    features.max_query_params = VALUES_PER_STATEMENT
