"""`./regulars` on a bare machine: Python with venv, and nothing else."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.fixtures.presence import CHECKOUT

KEPT = ("PATH", "LANG", "PIP_", "UV_", "SSL_", "REQUESTS_", "HTTP", "HTTPS", "NO_PROXY", "http", "no_proxy")
"""What says where packages come from stays as this machine has it; all else of the environment goes."""


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A copy of the tree without git, state or caches."""
    tree = tmp_path / "tree"
    shutil.copytree(
        CHECKOUT, tree, ignore=shutil.ignore_patterns(".git", "var", "__pycache__", ".*_cache", "tests", "docs")
    )
    return tree


def environment(tree: Path, **more: str) -> dict[str, str]:
    """An environment whose HOME does not even exist."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(KEPT) and name != "UV_CACHE_DIR"}
    return kept | {"HOME": str(tree.parent / "nowhere")} | more


def start(tree: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["./regulars", *arguments],
        cwd=tree,
        env=environment(tree, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.slow
def test_a_bare_tree_starts_is_quick_the_second_time_and_survives_being_killed(bare):
    both = [
        subprocess.Popen(
            ["./regulars", "--version"],
            cwd=bare,
            env=environment(bare),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert [out for out, _err in said] == ["Regulars 0.1.0\n"] * 2
    assert sorted("waiting for it" in err for _out, err in said) == [False, True]
    assert sum("installing the locked packages" in err for _out, err in said) == 1
    # (pip asks rustc for its version; where that is a shim of rustup's, it makes a folder of its own)
    assert [path.name for path in (bare.parent / "nowhere").glob("*") if path.name != ".rustup"] == []

    began = time.monotonic()
    again = start(bare, "--version")
    assert (again.returncode, again.stderr) == (0, "")
    assert time.monotonic() - began < 2

    assert start(bare, "work", "--help").returncode == 0

    (bare / "var" / "venv" / "stamp").unlink()  # as if the locks had changed
    third = subprocess.Popen(
        ["./regulars", "--version"], cwd=bare, env=environment(bare), stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 30
    while not (bare / "var" / "venv.unfinished").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(third.pid, signal.SIGKILL)
    third.wait()
    assert (bare / "var" / "venv.unfinished").exists()

    mended = start(bare, "work", "--help")
    assert mended.returncode == 0, mended.stderr
    assert "making the environment" in mended.stderr
    assert not (bare / "var" / "venv.unfinished").exists()


def fake_python(folder: Path, script: str) -> str:
    path = folder / "python-fake"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_a_python_that_is_too_old_is_named(bare, tmp_path):
    old = fake_python(tmp_path, 'case "$1" in -V) echo Python 3.9.2;; *) exit 1;; esac')

    done = start(bare, "--version", REGULARS_PYTHON=old)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"regulars: {old} is too old (Python 3.9.2); Python 3.11 or newer with venv is needed\n"
    assert not (bare / "var").exists()


def test_a_missing_venv_is_named_with_the_package_that_brings_it(bare, tmp_path):
    poor = fake_python(tmp_path, 'case "$2" in *ensurepip*) exit 1;; *) exit 0;; esac')

    done = start(bare, "--version", REGULARS_PYTHON=poor)

    assert done.returncode == 1
    assert done.stderr == f"regulars: {poor} has no venv. On Debian and Ubuntu: apt-get install python3-venv\n"


def test_no_python_at_all_is_said(bare):
    done = start(bare, "--version", REGULARS_PYTHON="no-such-python")

    assert done.returncode == 1
    assert done.stderr == "regulars: no Python was found. On Debian and Ubuntu: apt-get install python3 python3-venv\n"


def test_an_environment_of_ones_own_is_used_as_it_is(bare, tmp_path):
    own = tmp_path / "own" / "bin"
    own.mkdir(parents=True)
    (own / "python").write_text('#!/bin/sh\necho "$REGULARS_HOME|$PYTHONPATH|$*"\n', encoding="utf-8")
    (own / "python").chmod(0o755)

    done = start(bare, "kpis", "--shop", "two words", REGULARS_VENV=str(tmp_path / "own"), REGULARS_HOME="state")
    wrong = start(bare, "kpis", REGULARS_VENV=str(tmp_path / "nothing"))

    assert done.stdout == f"{bare}/state|{bare}/src|-m regulars.run.cli kpis --shop two words\n"
    assert not (bare / "state").exists()
    assert (wrong.returncode, wrong.stdout) == (1, "")
