"""What the code imports is what base.in asks for; what only tests and checks need must not creep in."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.fixtures.presence import CHECKOUT

SOURCES = CHECKOUT / "src" / "regulars"


def imported(path: Path) -> set[str]:
    """Top-level packages that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"regulars"}


def test_a_library_that_the_code_imports_is_asked_for_by_name_and_not_by_chance():
    text = (CHECKOUT / "requirements" / "base.in").read_text(encoding="utf-8")
    asked = {re.sub(r"[._]+", "-", name).lower() for name in re.findall(r"(?m)^([A-Za-z0-9._-]+)", text)}
    by_chance = set()
    distributions = packages_distributions()
    for path in SOURCES.rglob("*.py"):
        if "tests" in path.parts or path.name == "conftest.py" or 'LOCK = "dev"' in path.read_text(encoding="utf-8"):
            continue
        for name in imported(path):
            owners = {re.sub(r"[._]+", "-", owner).lower() for owner in distributions.get(name, [name])}
            if not owners & asked:
                by_chance |= owners
    assert by_chance == set()
