"""What is computed once a snapshot and kept as JSON files beside it, so that a page reads one file."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from regulars.core.models import Shop

from .models import ModelFit
from .snapshot import Snapshot

FORMAT = 1


def keep(shop: Shop, of: Snapshot, said: Mapping[str, dict[str, Any]]) -> None:
    """Writes a file of each name, whole or not at all, and takes those of older snapshots away."""
    _folder(of).mkdir(parents=True, exist_ok=True)
    paths = {name: _path(shop, of, name) for name in said}
    for name, path in paths.items():
        waiting = path.with_suffix(".new")
        waiting.write_text(json.dumps({"format": FORMAT, **said[name]}, default=_plain), encoding="utf-8")
        waiting.replace(path)
    for old in _folder(of).glob("*.json"):
        if old not in paths.values():
            old.unlink(missing_ok=True)


def has(shop: Shop, of: Snapshot, name: str) -> bool:
    """Whether what is kept under this name is of this snapshot, fit and rates."""
    return _path(shop, of, name).exists()


def read(shop: Shop, of: Snapshot, name: str) -> dict[str, Any] | None:
    """What is kept under this name, of this snapshot or else of the newest one that has it; None if there is nothing."""
    present = _read(_path(shop, of, name))
    if present is not None:
        return present
    found = sorted(_folder(of).glob(f"*-{name}.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    return next((said for path in found if (said := _read(path)) is not None), None)


def _folder(of: Snapshot) -> Path:
    return of.root / "boards"


def _path(shop: Shop, of: Snapshot, name: str) -> Path:
    """A new fit or new rates of the shop make other figures of the same facts."""
    newest = ModelFit._base_manager.filter(shop=shop).order_by("-fitted_at").values_list("pk", flat=True).first()
    return _folder(of) / f"{of.token}-{newest or 0}-{shop.cost_rate}-{shop.tax_rate}-{name}.json"


def _read(path: Path) -> dict[str, Any] | None:
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return said if said.get("format") == FORMAT else None


def _plain(value: Any) -> Any:
    """Exact amounts as text, numpy's numbers as Python's."""
    return str(value) if isinstance(value, Decimal) else value.item()
