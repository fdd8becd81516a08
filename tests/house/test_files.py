"""Files are short, rooms have their names, and nothing tells of the machine it was written on."""

import re
from pathlib import Path

from tests.fixtures.presence import CHECKOUT

OURS = [CHECKOUT / name for name in ("src", "tests", "benchmarks", "docs", "requirements", ".ci")]
SUFFIXES = {".py", ".md", ".html", ".txt", ".in", ".toml", ".css", ".js", ".po", ".mjml", ""}


def files() -> list[Path]:
    found = [path for folder in OURS for path in folder.rglob("*") if path.is_file() and path.suffix in SUFFIXES]
    return [path for path in found if "__pycache__" not in path.parts] + [
        path for path in CHECKOUT.glob("[!.]*") if path.is_file()
    ]


def told(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


def test_no_python_file_has_more_than_400_lines():
    long = {
        told(path): count
        for path in files()
        if path.suffix == ".py" and "migrations" not in path.parts
        if (count := path.read_text(encoding="utf-8").count("\n")) > 400
    }
    assert long == {}


def test_there_is_no_second_drawer_for_logic():
    banned = {"utils", "helpers", "services", "managers", "misc", "common"}
    assert [
        told(path) for path in files() if path.stem in banned or banned & set(path.relative_to(CHECKOUT).parts)
    ] == []


def test_no_file_names_a_folder_of_the_machine_it_was_written_on():
    place = re.compile(r"(?<![\w./-])/(?:work|root|home|Users)/\w")
    assert [
        f"{told(path)}: {found[0]}"
        for path in files()
        if path.name != "test_files.py" and (found := place.search(path.read_text(encoding="utf-8", errors="replace")))
    ] == []


def test_every_module_says_what_it_is():
    silent = []
    for marker in (CHECKOUT / "src" / "regulars").rglob("apps.py"):
        first = marker.with_name("__init__.py").read_text(encoding="utf-8").lstrip()
        if not first.startswith('"""'):
            silent.append(told(marker.parent))
    assert silent == []
