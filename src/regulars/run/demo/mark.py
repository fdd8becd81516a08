"""The mark of a demo that was built whole, and how to log in to it."""

import json
from pathlib import Path
from typing import Any

EMAIL, PASSWORD = "demo@example.com", "plattenkiste"
MARK = "demo.json"


def built(home: Path) -> dict[str, Any] | None:
    """What was written when the demo was built whole; None before."""
    try:
        found: dict[str, Any] = json.loads((home / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found
