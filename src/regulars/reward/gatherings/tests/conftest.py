"""A gathering of tests: an evening in the shop, in ten days, open."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from regulars.reward.gatherings import actions
from regulars.reward.gatherings.models import Gathering


@pytest.fixture
def make_gathering(shop: Any, now: datetime) -> Callable[..., Gathering]:
    """`make_gathering(capacity=2, is_open=False, …)`."""

    def make(*, is_open: bool = True, **fields: Any) -> Gathering:
        starts = now + timedelta(days=10)
        said = {
            "titles": {"de": "Hörabend", "en": "Listening night"},
            "texts": {"de": "Neue Pressungen.", "en": "New pressings."},
            "place": "Rillenweg 33, Berlin",
            "starts_at": starts,
            "ends_at": starts + timedelta(hours=3),
        }
        made = actions.create(shop, now=now, **{**said, **fields})
        return actions.open_up(shop, made.pk, now=now) if is_open else made

    return make
