"""The command line's surface: what `regulars.run.surface` promises holds for every command that is found."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.fixtures.presence import CHECKOUT

from regulars.core.errors import Refused
from regulars.run import cli, surface

FILES = surface.command_files()


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "regulars.run.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT / "src"), "COLUMNS": "300"} | environment,
        timeout=60,
        check=False,
    )


def test_the_overview_names_every_command_and_imports_none():
    shown = run("--help").stdout

    assert {"serve", "work", "manage", "test", "messages"} <= set(FILES)
    for name, file in FILES.items():
        assert file.says, f"{name} does not say what it is"
        assert file.says in " ".join(shown.split())
    code = "import sys, regulars.run.cli; print('django' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src")}
    assert subprocess.check_output([sys.executable, "-c", code], text=True, env=environment).strip() == "False"


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_command_has_help_with_an_example(name):
    for full, leaf in surface.leaves(surface.load(FILES[name]), name):
        told = f"{leaf.help or ''}\n{leaf.epilog or ''}"
        assert f"./regulars {name}" in told, f"{full} has no example"
        assert (leaf.help or "").strip(), f"{full} does not say what it does"
        assert [param.name for param in leaf.params if getattr(param, "help", "") is None] == []


def test_help_does_not_make_a_database(home):
    shown = run("work", "--help", REGULARS_HOME=str(home))

    assert shown.returncode == 0
    assert "Example: ./regulars work" in shown.stdout
    assert not list(home.glob("*.sqlite3"))


def test_wrong_use_exits_2_and_says_how():
    for wrong in (["nothing"], ["serve", "--port", "many"], ["serve", "--nothing"]):
        done = run(*wrong)
        assert done.returncode == 2, wrong
        assert done.stdout == ""
        assert "Usage: ./regulars" in done.stderr


def test_a_refusal_exits_1_with_its_reason_on_stderr(capsys, monkeypatch):
    def refuse(file):
        raise Refused("the file has no orders")

    monkeypatch.setattr(cli, "load", refuse)
    with pytest.raises(SystemExit) as ended:
        cli.main(["work"])

    assert ended.value.code == 1
    assert capsys.readouterr().err == "Refused: the file has no orders\n"


def test_a_command_is_found_by_its_file_alone(tmp_path: Path):
    (tmp_path / "import_.py").write_text(
        '"""Bring in."""\nNEEDS = "django"\nEXAMPLE = "./regulars import x"\n', encoding="utf-8"
    )
    (tmp_path / "two_words.py").write_text('"""Two."""\n', encoding="utf-8")

    found = surface.command_files(tmp_path)

    assert {name: (file.says, file.needs, file.module) for name, file in found.items()} == {
        "import": ("Bring in.", "django", "regulars.run.commands.import_"),
        "two-words": ("Two.", "database", "regulars.run.commands.two_words"),
    }
