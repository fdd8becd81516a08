"""The backend: Django's own with one feature told right."""

import sqlite3
from typing import Any

from django.db.backends.sqlite3 import base, features


class DatabaseFeatures(features.DatabaseFeatures):
    max_query_params = 32_766


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures

    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        connection: sqlite3.Connection = super().get_new_connection(conn_params)
        allowed = connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        assert allowed >= DatabaseFeatures.max_query_params, f"this SQLite allows only {allowed} parameters"
        return connection
