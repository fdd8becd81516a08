"""What the tests of journeys share."""

from collections.abc import Iterator
from typing import Any

import pytest

from regulars.journeys import kinds, playbook


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
