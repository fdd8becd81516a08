"""How commands answer with data: one JSON document on stdout."""

import dataclasses
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any


def print_json(data: Any) -> None:
    """Prints `data` as JSON: dates as ISO 8601, Decimals as numbers, dataclasses as objects; NaN is a defect."""
    print(json.dumps(data, default=_plain, ensure_ascii=False, allow_nan=False), flush=True)


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if hasattr(value, "item"):  # a number of numpy's
        return value.item()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
