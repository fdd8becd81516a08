"""Every event can be shown on a timeline."""

from typing import Any

import pytest

from regulars.core.event_types import EVENT_TYPES
from regulars.web.icon import icon


def test_every_declared_event_has_an_icon_that_is_there() -> None:
    assert EVENT_TYPES
    for one in EVENT_TYPES.values():
        if one.icon != "dot":  # the default, for which the timeline has its own
            icon(one.icon)


@pytest.mark.django_db
def test_every_declared_event_is_told_without_data(shop: Any) -> None:
    """Old events may lack what newer ones say: the line is then shorter, never an error."""
    for one in EVENT_TYPES.values():
        if one.describe is not None:
            assert isinstance(one.describe(shop, {"x": 1}), str), one.key
