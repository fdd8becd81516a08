"""Staff at the pages of know."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def signed_in(shop: Any) -> Callable[..., Any]:
    """`signed_in("service")`: a client signed in as somebody with that role in the shop; None makes a stranger."""
    from django.test import Client

    from regulars.core.models import Membership, Staff

    def make(role: str | None = "owner", *, language: str = "en") -> Any:
        person = Staff.objects.create_user(f"{role}@example.com", "a good long word", name="Erika", locale=language)
        if role is not None:
            Membership.objects.create(shop=shop, staff=person, role=role)
        client = Client(headers={"accept-language": language})
        client.force_login(person)
        return client

    return make
