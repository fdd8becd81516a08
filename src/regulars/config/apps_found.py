"""The domain modules, found by folder: a package with an `apps.py` below one of the rooms is an app."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

LAYERS = (
    "core",
    "know",
    "decide",
    "reach",
    "reward",
    "listen",
    "serve",
    "insights",
    "journeys",
    "connectors",
    "channels",
    "playbooks",
    "web",
    "run",
)
"""From the lowest to the highest: an upper one may import a lower one, never the reverse."""


def domain_apps() -> list[str]:
    """Dotted names of all apps, lower layers first, so that their tables, sweeps and pages are found without a list."""
    found: list[str] = []
    for layer in LAYERS:
        folder = ROOT / layer
        folders = sorted(marker.parent for marker in folder.rglob("apps.py"))
        found += [".".join(("regulars", *path.relative_to(ROOT).parts)) for path in folders]
    return found
