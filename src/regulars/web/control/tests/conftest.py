"""Staff with a role each, and pages that only these tests declare."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from regulars.core.pages import Nav, Page


@pytest.fixture
def make_staff(shop: Any) -> Callable[..., Any]:
    """`make_staff("analyst")`: a person with that role in the shop; None makes a stranger."""
    from regulars.core.models import Membership, Staff

    def make(role: str | None, email: str = "", **fields: Any) -> Any:
        person = Staff.objects.create_user(email or f"{role}@example.com", "a good long word", name="Erika", **fields)
        if role is not None:
            Membership.objects.create(shop=shop, staff=person, role=role)
        return person

    return make


@pytest.fixture
def seen() -> dict[str, Any]:
    """What the sample page saw when it ran."""
    return {}


@pytest.fixture
def sample_page(seen: dict[str, Any]) -> Page:
    def view(request: Any, shop: Any, **kwargs: Any) -> HttpResponse:
        from django.utils import timezone
        from django_scopes import get_scope

        seen.update(scope=get_scope().get("shop"), zone=timezone.get_current_timezone_name(), kwargs=kwargs)
        return HttpResponse("here")

    return Page("sample/<int:pk>/", "sample", view, "view_figures", Nav("figures", "Sample", "users"))


@pytest.fixture
def enter(rf: RequestFactory, sample_page: Page) -> Iterator[Callable[..., Any]]:
    """Calls the sample page, mounted as the real ones are."""
    from regulars.web.control.mount import mounted

    def call(staff: Any, slug: str) -> Any:
        request = rf.get(f"/s/{slug}/sample/7/")
        request.user = staff
        request.session = {}  # type: ignore[assignment]
        return mounted(sample_page)(request, shop_slug=slug, pk=7)

    return call
