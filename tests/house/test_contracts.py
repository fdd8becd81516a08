"""The import contracts bite: each forbidden import, planted into a copy of the tree, breaks the contract that forbids it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.fixtures.presence import CHECKOUT

PLANTED = {
    "Imports run downwards only": ("core/planted.py", "import regulars.know.customers.models"),
    "know: timeline < customers < orders < intake": (
        "know/timeline/planted.py",
        "import regulars.know.customers.models",
    ),
    "decide: goals and segments < experiments < contact_policy": (
        "decide/goals/planted.py",
        "import regulars.decide.segments.models",
    ),
    "Inside a module: sweeps and pages call actions, actions use models": (
        "know/timeline/models/__init__.py",
        "import regulars.know.timeline.actions",
    ),
    "Playbooks are strangers to each other": ("playbooks/one/__init__.py", "import regulars.playbooks.two"),
    "Connectors are strangers to each other": ("connectors/one/__init__.py", "import regulars.connectors.two"),
    "Channels are strangers to each other": ("channels/one/__init__.py", "import regulars.channels.two"),
    "Only insights computes with ibis, duckdb, numpy and scipy": ("web/planted.py", "import numpy"),
    "Only insights and connectors/files read and write Arrow": ("web/planted_too.py", "import pyarrow.parquet"),
    "A playbook imports nothing of ours but regulars.journeys.playbook": (
        "playbooks/three/__init__.py",
        "import regulars.core.clock",
    ),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(CHECKOUT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "static", "tests"))
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    return tmp_path


def broken_contracts(tree: Path) -> set[str]:
    start = "import sys; sys.path.insert(0, 'src'); from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", start, "--no-logo", "--no-cache"],
        cwd=tree,
        env={"PYTHONPATH": str(tree / "src"), "COLUMNS": "300"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert any(line.startswith("Contracts:") for line in lines), done.stdout + done.stderr
    return {line.partition(" BROKEN")[0] for line in lines if " BROKEN" in line}


@pytest.mark.slow
def test_each_contract_is_broken_by_what_it_forbids_and_by_nothing_there_is(copy):
    assert broken_contracts(copy) == set()

    for place in ("playbooks", "connectors", "channels"):
        for name in ("one", "two", "three"):
            (copy / "src/regulars" / place / name).mkdir(exist_ok=True)
            (copy / "src/regulars" / place / name / "__init__.py").touch()
    models = copy / "src/regulars/know/timeline/models.py"
    models.with_suffix("").mkdir()
    models.rename(models.with_suffix("") / "__init__.py")
    for path, line in PLANTED.values():
        file = copy / "src/regulars" / path
        file.write_text(f"{file.read_text(encoding='utf-8') if file.exists() else ''}\n{line}\n", encoding="utf-8")

    assert broken_contracts(copy) == set(PLANTED)
