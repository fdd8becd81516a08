"""A person who is signed in, in any role."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from regulars.core.actions import create_staff


@pytest.fixture
def sign_in(shop: Any, now: datetime, client: Client) -> Callable[..., Client]:
    def come(role: str = "marketer") -> Client:
        client.force_login(
            create_staff(f"{role}@example.com", now=now, shop=shop, role=role, locale="en"),
            backend="django.contrib.auth.backends.ModelBackend",
        )
        client.cookies["django_language"] = "en"
        return client

    return come
