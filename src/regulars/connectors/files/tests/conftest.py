"""Fixtures of the tests of file imports."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from regulars.connectors.files.actions import perform, start_run
from regulars.connectors.files.models import ImportRun
from regulars.core.models import Shop

Import = Callable[..., ImportRun]


@pytest.fixture
def bring(shop: Shop, now: datetime, tmp_path: Path) -> Import:
    """`bring(text or bytes)` writes a file and imports it into the shop."""

    def run(content: str | bytes, *, name: str = "orders.csv", preset: str = "generic", **more: Any) -> ImportRun:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        made = start_run(shop, "orders", path, now=now, preset="" if more.get("mapping") else preset, **more)
        return perform(made, now, clock=lambda: now)

    return run
