"""What the tests of journeys share."""

from collections.abc import Iterator
from typing import Any

import pytest

from regulars.journeys import kinds, playbook


@pytest.fixture(autouse=True)
def _asks_rarely(settings: Any) -> None:
    """Shops of tests are small, and most journeys are for everybody; those that are about it set the share."""
    settings.REGULARS_CAMPAIGN_ASKS_ABOVE = 100


@pytest.fixture
def toys() -> Iterator[None]:
    """The toy playbook and its kinds, for one test."""
    from .toys import play

    before: list[tuple[dict[str, Any], dict[str, Any]]] = [
        (one, dict(one)) for one in (kinds._STEPS, kinds._TRIGGERS, playbook.PLAYBOOKS)
    ]
    play()
    yield
    for registry, kept in before:
        registry.clear()
        registry.update(kept)
